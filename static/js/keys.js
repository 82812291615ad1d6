// The keyboard: single keys where nothing is being typed, off where the reader has switched them off.

import { list, still, visiblePosts } from "./list.js";

const LONGEST = 1_500; // ms between "g" and what follows it
const GO = { h: "/", e: "/explore/", n: "/notifications/", b: "/bookmarks/", s: "/settings/" };
let goes = 0; // when "g" was pressed

const ALONE = {
  j: () => step(1),
  k: () => step(-1),
  l: () => current()?.querySelector(".like")?.click(),
  b: () => current()?.querySelector(".bookmark")?.click(),
  r: () => current()?.querySelector(".reply")?.click(),
  n: () => document.querySelector(".rail-compose")?.click(),
  ".": () => document.getElementById("pill")?.click(),
  "/": search,
  "?": help,
};

export function keepKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") return leave(event.target);
    if (document.body.dataset.keys === "off" || isTyped(event.target) || document.querySelector("dialog[open]")) return;
    const acts = actionOf(event);
    if (!acts) return;
    event.preventDefault();
    acts();
  });
  document.addEventListener("click", (event) => event.target.closest?.("[data-keys-help]") && help());
}

function actionOf({ key, target }) {
  const follows = Date.now() - goes < LONGEST;
  goes = 0;
  if (follows && key in GO) return () => location.assign(GO[key]);
  if (key === "g") return () => (goes = Date.now());
  if (key === "Enter") return target.matches?.(".post") ? () => target.querySelector(".post-time")?.click() : null;
  return ALONE[key];
}

const isTyped = (element) => element.isContentEditable || element.matches?.("input, textarea, select");

// The post that has the focus, or in which something has.
const current = () => document.activeElement.closest?.("#posts > .post");

// Goes to the next post or the one before; from nowhere, to the first that is in the window.
function step(by) {
  if (!list()) return;
  const posts = visiblePosts();
  const at = posts.indexOf(current());
  const next = at < 0 ? posts.find((post) => post.getBoundingClientRect().bottom > 80) : posts[at + by];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest", behavior: still.matches ? "instant" : "smooth" });
}

function search() {
  const field = [...document.querySelectorAll("input[type=search]")].find((each) => each.checkVisibility());
  if (field) field.select();
  else location.assign("/search/");
}

function help() {
  const dialog = Object.assign(document.createElement("dialog"), { className: "dialog keys" });
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.append(document.getElementById("keys-help").content.cloneNode(true));
  dialog.addEventListener(
    "click",
    ({ target }) => (target === dialog || target.closest("[data-close]")) && dialog.close(),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function leave(element) {
  if (isTyped(element) && !document.querySelector("dialog[open]")) element.blur();
}
