() => {
    const tags = "ARTICLE SECTION A HEADER FOOTER SPAN TIME BDI B H2 DIV P BR STRONG EM S CODE PRE BLOCKQUOTE UL OL LI BUTTON IMG svg circle text rect".split(" ");
    const written = "A BLOCKQUOTE BR CODE EM LI OL P PRE S STRONG UL".split(" ");
    const leads = ({ protocol }) => ["http:", "https:", ":"].includes(protocol); // as the browser takes it; ":" leads nowhere
    const harmless = (element) => tags.includes(element.tagName) && [...element.attributes].every(({ name }) =>
        !name.startsWith("on") && !/^(data-)?hx-/.test(name) && name !== "style" && (name !== "href" || leads(element)));
    const light = ({ tagName, attributes }) => written.includes(tagName) && [...attributes].every(({ name }) => ["href", "rel", "start"].includes(name));
    const outside = (element) => element.matches("#posts, .connection, .toast") ? [element.id] : [
        element.tagName + "#" + element.id + "." + element.className, ...[...element.children].map(outside)];
    const posts = [...document.querySelectorAll("#posts > .post")];
    const textsOf = (selector) => Object.fromEntries(posts.map((post) => [post.dataset.post, post.querySelector(selector)?.textContent ?? ""]));
    const inside = [...posts, ...document.querySelectorAll("#profile")].flatMap((each) => [each, ...each.querySelectorAll("*")]);
    return {
        ran: window.__ran ?? null,
        reports: window.__reports,
        strange: [...document.querySelectorAll("#posts > *")].filter((each) => !each.matches(".post, .older")).map((each) => each.outerHTML),
        harmful: inside.filter((each) => !each.closest(".follow, .editor") && !each.matches("#profile a.button") && !harmless(each)).map((each) => each.outerHTML),
        heavy: [...document.querySelectorAll(".post-body *, .post-title *, bdi *")].filter((each) => !light(each)).map((each) => each.outerHTML),
        ids: posts.map((post) => Number(post.dataset.post)),
        versions: Object.fromEntries(posts.map((post) => [post.dataset.post, Number(post.dataset.version)])),
        titles: textsOf(".post-title"),
        bodies: textsOf(".post-body"),
        names: textsOf(".post-name"),
        descriptions: Object.fromEntries(posts.map((post) => [post.dataset.post, [...post.querySelectorAll("img")].map(({ alt, title }) => [alt, title])])),
        outside: JSON.stringify(outside(document.documentElement)),
        wide: document.documentElement.scrollWidth > innerWidth,
    };
}
