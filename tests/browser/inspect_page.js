() => {
    const POST_TAGS = (
        "ARTICLE SECTION A HEADER FOOTER SPAN TIME BDI B H2 DIV P BR STRONG EM S CODE PRE BLOCKQUOTE UL OL LI BUTTON IMG " +
        "svg circle text rect"
    ).split(" ");
    const MARKDOWN_TAGS = "A BLOCKQUOTE BR CODE EM LI OL P PRE S STRONG UL".split(" ");
    const MARKDOWN_ATTRIBUTES = ["href", "rel", "start"];
    const LINK_PROTOCOLS = ["http:", "https:", ":"]; // as the browser parses them; ":" is an invalid address

    const isHarmlessAttribute = (element, name) => {
        if (name.startsWith("on") || /^(data-)?hx-/.test(name) || name === "style") return false;
        return name !== "href" || LINK_PROTOCOLS.includes(element.protocol);
    };
    const isHarmless = (element) =>
        POST_TAGS.includes(element.tagName) &&
        [...element.attributes].every(({ name }) => isHarmlessAttribute(element, name));
    const isMarkdown = (element) =>
        MARKDOWN_TAGS.includes(element.tagName) &&
        [...element.attributes].every(({ name }) => MARKDOWN_ATTRIBUTES.includes(name));
    const isPartOfPage = (element) => element.closest(".follow, .editor") || element.matches("#profile a.button");

    // The page's elements except the posts and what changes by itself, as nested lists.
    const outline = (element) => {
        if (element.matches("#posts, .connection, .toast")) return [element.id];
        const label = `${element.tagName}#${element.id}.${element.className}`;
        return [label, ...[...element.children].map(outline)];
    };

    const all = (selector) => [...document.querySelectorAll(selector)];
    const htmlOf = (elements) => elements.map((element) => element.outerHTML);
    const posts = all("#posts > .post");
    const byPost = (read) => Object.fromEntries(posts.map((post) => [post.dataset.post, read(post)]));
    const textsOf = (selector) => byPost((post) => post.querySelector(selector)?.textContent ?? "");
    const userContent = all("#posts > .post, #posts > .post *, #profile, #profile *");

    return {
        ran: window.__ran ?? null,
        reports: window.__reports,
        strange: htmlOf(all("#posts > *").filter((element) => !element.matches(".post, .older"))),
        harmful: htmlOf(userContent.filter((element) => !isPartOfPage(element) && !isHarmless(element))),
        heavy: htmlOf(all(".post-body *, .post-title *, bdi *").filter((element) => !isMarkdown(element))),
        ids: posts.map((post) => Number(post.dataset.post)),
        versions: byPost((post) => Number(post.dataset.version)),
        titles: textsOf(".post-title"),
        bodies: textsOf(".post-body"),
        names: textsOf(".post-name"),
        descriptions: byPost((post) => [...post.querySelectorAll("img")].map(({ alt, title }) => [alt, title])),
        outside: JSON.stringify(outline(document.documentElement)),
        wide: document.documentElement.scrollWidth > innerWidth,
    };
}
