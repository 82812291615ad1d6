() => {
    const tags = "ARTICLE A HEADER FOOTER SPAN TIME BDI B H2 DIV P BR STRONG EM S CODE PRE BLOCKQUOTE UL OL LI BUTTON IMG svg circle text rect".split(" ");
    const harmless = (element) => tags.includes(element.tagName) && [...element.attributes].every(({ name, value }) =>
        !name.startsWith("on") && !name.startsWith("hx-") && name !== "style" && (name !== "href" || /^(https?:|[/#])/.test(value)));
    const outside = (element) => element.id === "posts" || element.matches("time, .connection, .toast") ? [element.id] : [
        element.tagName + "#" + element.id + "." + element.className, ...[...element.children].map(outside)];
    const posts = [...document.querySelectorAll("#posts > .post")];
    return {
        ran: window.__ran ?? null,
        reports: window.__reports,
        strange: [...document.querySelectorAll("#posts > *")].filter((each) => !each.matches(".post, .older")).map((each) => each.outerHTML),
        harmful: posts.flatMap((post) => [post, ...post.querySelectorAll("*")]).filter((each) => !harmless(each)).map((each) => each.outerHTML),
        ids: posts.map((post) => Number(post.dataset.post)),
        titles: Object.fromEntries(posts.map((post) => [post.dataset.post, post.querySelector(".post-title")?.textContent ?? ""])),
        bodies: Object.fromEntries(posts.map((post) => [post.dataset.post, post.querySelector(".post-body")?.textContent ?? ""])),
        outside: JSON.stringify(outside(document.getElementById("main"))),
        wide: document.documentElement.scrollWidth > innerWidth,
    };
}
