// Keyboard shortcuts: single keys while nothing is being typed. The user can switch them off in the settings.

import { createElement, delegate, focusSilently, prefersReducedMotion, showDialog } from "./dom.js";
import { postList, visiblePosts } from "./post-list.js";

const SEQUENCE_TIMEOUT = 1_500; // ms between "g" and the key that follows it
const HEADER_BOTTOM = 80; // px; a post that ends above it is not in the window
const DESTINATIONS = { h: "/", e: "/explore/", n: "/notifications/", b: "/bookmarks/", s: "/settings/" }; // after "g"

const SHORTCUTS = {
  j: () => focusPost(1),
  k: () => focusPost(-1),
  l: () => currentPost()?.querySelector(".like")?.click(),
  b: () => currentPost()?.querySelector(".bookmark")?.click(),
  r: () => currentPost()?.querySelector(".reply")?.click(),
  n: () => document.querySelector(".rail-compose")?.click(),
  g: () => (sequenceStart = Date.now()),
  ".": () => document.getElementById("pill")?.click(),
  "/": focusSearch,
  "?": showHelp,
};

let sequenceStart = 0; // when "g" was pressed, in ms since 1970

/** Handles the shortcuts. */
export function initKeyboard() {
  document.addEventListener("keydown", onKeyDown);
  delegate("click", "[data-keys-help]", showHelp);
}

function onKeyDown(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const isDialogOpen = document.querySelector("dialog[open]") !== null;
  const isTyping = isTextField(event.target);
  if (event.key === "Escape") {
    if (isTyping && !isDialogOpen) event.target.blur();
    return;
  }
  if (document.body.dataset.keys === "off" || isTyping || isDialogOpen) return;
  const action = actionFor(event);
  if (!action) return;
  event.preventDefault();
  action();
}

// Returns the function to call for a key, or undefined.
function actionFor({ key, target }) {
  const isSecondKey = Date.now() - sequenceStart < SEQUENCE_TIMEOUT;
  sequenceStart = 0;
  if (isSecondKey && key in DESTINATIONS) return () => location.assign(DESTINATIONS[key]);
  const isOnPost = target.matches?.(".post");
  if (key === "Enter" && isOnPost) return () => target.querySelector(".post-time")?.click();
  return SHORTCUTS[key];
}

const isTextField = (element) => element.isContentEditable || element.matches?.("input, textarea, select");

// The post that has or contains the focus.
const currentPost = () => document.activeElement.closest?.("#posts > .post");

// Focuses the post so many steps from the current one; without a current one, the first post in the window.
function focusPost(step) {
  if (!postList()) return;
  const posts = visiblePosts();
  const index = posts.indexOf(currentPost());
  const isInWindow = (post) => post.getBoundingClientRect().bottom > HEADER_BOTTOM;
  const post = index < 0 ? posts.find(isInWindow) : posts[index + step];
  if (!post) return;
  focusSilently(post);
  post.scrollIntoView({ block: "nearest", behavior: prefersReducedMotion() ? "instant" : "smooth" });
}

function focusSearch() {
  const fields = [...document.querySelectorAll("input[type=search]")];
  const field = fields.find((each) => each.checkVisibility());
  if (field) field.select();
  else location.assign("/search/");
}

function showHelp() {
  const dialog = createElement("dialog", { className: "dialog keys" });
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.append(document.getElementById("keys-help").content.cloneNode(true));
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  showDialog(dialog);
}
