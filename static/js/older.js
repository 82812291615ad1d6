// Older posts come by themselves before one reaches the end; the link stays for those who cannot or need not scroll. A
// page never holds more posts than MOST_SHOWN: what is farthest away goes, and a link says where it is.

import { hold, list, MOST_SHOWN, posts, visiblePosts } from "./list.js";

const AHEAD = "0px 0px 900px"; // how far below the window the end of the list may be when more is asked for

const isThread = () => list().dataset.order === "oldest";
const isFull = () => link() && isThread() && posts().length >= MOST_SHOWN;
const link = () => list().querySelector(":scope > .older");

export function keepOlder() {
  if (!list()) return;
  const observer = new IntersectionObserver(
    (entries) => entries.forEach(({ isIntersecting, target }) => isIntersecting && load(target)),
    { rootMargin: AHEAD },
  );
  const watch = () => {
    if (isFull()) leaveTo(link());
    else if (link()) observer.observe(link());
  };
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.request && !isThread()) trimTop();
    watch();
  });
  document.addEventListener("livefeed:list", watch);
  document.addEventListener("livefeed:reread", watch);
  watch();
}

// Asked for once by itself; if that fails it is there to be clicked.
function load(older) {
  if (older.dataset.asked) return;
  older.dataset.asked = "yes";
  older.click();
}

// A thread keeps its beginning: what comes after so many replies is a page of its own.
function leaveTo(older) {
  const plain = older.cloneNode(true);
  for (const name of ["hx-get", "hx-swap"]) plain.removeAttribute(name);
  older.replaceWith(plain);
}

// One has read so far down that the newest are left behind.
function trimTop() {
  const over = visiblePosts()
    .slice(0, -MOST_SHOWN)
    .filter((post) => !post.querySelector(".editor"));
  if (!over.length) return;
  hold(() => {
    list().dataset.from = over.at(-1).dataset.sort;
    list()
      .querySelectorAll(":scope > .waiting, :scope > .away")
      .forEach((each) => each.remove());
    over.forEach((post) => post.remove());
    if (!list().querySelector(":scope > .newer"))
      list().prepend(
        Object.assign(document.createElement("a"), {
          className: "newer",
          href: location.pathname,
          textContent: "Newest posts",
        }),
      );
  });
  document.dispatchEvent(new CustomEvent("livefeed:list"));
}

// So much has come at the top that the oldest go.
export function trimEnd() {
  const over = posts()
    .slice(MOST_SHOWN)
    .filter((post) => !post.querySelector(".editor"));
  if (!over.length) return;
  over.forEach((post) => post.remove());
  const last = posts().at(-1).dataset.sort;
  link()?.remove();
  const again = Object.assign(document.createElement("a"), {
    className: "older",
    href: `?before=${last}`,
    textContent: "Older posts",
  });
  again.setAttribute("hx-get", again.getAttribute("href"));
  again.setAttribute("hx-swap", "outerHTML");
  list().append(again);
  htmx.process(again);
}
