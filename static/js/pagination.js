// Loads older posts before the user reaches the end of the list; without scripts its link does so. A page never shows
// more than MAX_POSTS: posts at the other end are removed, and a link leads to them.

import { createElement } from "./dom.js";
import { LIST_CHANGED, LIST_RELOADED, dispatch, subscribe } from "./events.js";
import { MAX_POSTS, allPosts, isOldestFirst, olderLink, postList, visiblePosts } from "./post-list.js";
import { keepScrollPosition } from "./scroll-anchor.js";

const LOAD_DISTANCE = "0px 0px 900px"; // the link may be so far below the window when it is followed

/** Watches the link to older posts. */
export function initPagination() {
  if (!postList()) return;
  const observer = new IntersectionObserver(onIntersection, { rootMargin: LOAD_DISTANCE });
  const watch = () => watchOlderLink(observer);
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.request && !isOldestFirst()) trimTop();
    watch();
  });
  subscribe(LIST_CHANGED, watch);
  subscribe(LIST_RELOADED, watch);
  watch();
}

function onIntersection(entries) {
  for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
}

function watchOlderLink(observer) {
  const link = olderLink();
  if (!link) return;
  if (isOldestFirst() && allPosts().length >= MAX_POSTS) makePlainLink(link);
  else observer.observe(link);
}

// Follows the link once. If that fails, the user can click it.
function load(link) {
  if (link.dataset.loading) return;
  link.dataset.loading = "yes";
  link.click();
}

// A thread keeps its beginning: after MAX_POSTS replies the link leads to another page.
function makePlainLink(link) {
  const plain = link.cloneNode(true);
  plain.removeAttribute("hx-get");
  plain.removeAttribute("hx-swap");
  link.replaceWith(plain);
}

// Removes the newest posts, which the user has read and left far behind.
function trimTop() {
  const excess = withoutEditor(visiblePosts().slice(0, -MAX_POSTS));
  if (!excess.length) return;
  keepScrollPosition(() => {
    postList().dataset.from = excess.at(-1).dataset.sort;
    for (const element of postList().querySelectorAll(":scope > .hidden-new, :scope > .away")) element.remove();
    for (const post of excess) post.remove();
    addNewestLink();
  });
  dispatch(LIST_CHANGED);
}

function addNewestLink() {
  if (postList().querySelector(":scope > .newer")) return;
  const link = createElement("a", { className: "newer", href: location.pathname, textContent: "Newest posts" });
  postList().prepend(link);
}

/** Removes the oldest posts beyond MAX_POSTS, and puts a link to them in their place. */
export function trimEnd() {
  const excess = withoutEditor(allPosts().slice(MAX_POSTS));
  if (!excess.length) return;
  for (const post of excess) post.remove();
  olderLink()?.remove();
  addOlderLink(`?before=${allPosts().at(-1).dataset.sort}`);
}

function addOlderLink(address) {
  const link = createElement("a", { className: "older", href: address, textContent: "Older posts" });
  link.setAttribute("hx-get", address);
  link.setAttribute("hx-swap", "outerHTML");
  postList().append(link);
  htmx.process(link);
}

const withoutEditor = (posts) => posts.filter((post) => !post.querySelector(".editor"));
