// Restores the list of posts and the scroll position when the user goes back and the browser has not kept the page.
// The position in the event log is stored too, so that the live connection replays what changed meanwhile.

import { postList } from "./post-list.js";
import { session } from "./storage.js";

const MAX_HTML_LENGTH = 2_000_000; // characters; a longer list is not stored

const PREFIX = "livefeed-place:";

let isSignedOut = false;

const viewerPrefix = () => `${PREFIX}${document.body.dataset.viewer}:`;
const storageKey = () => `${viewerPrefix()}${location.pathname}${location.search}`;

/** Stores the list when the user leaves the page. `getCursor` returns the position in the log. */
export function initPageRestore(getCursor) {
  addEventListener("pagehide", () => store(getCursor()));
}

/** Removes all stored lists, and stores none any more: the user is signed out, and another one may use this tab. */
export function forgetPages() {
  isSignedOut = true;
  session.removeAll((key) => key.startsWith(PREFIX));
}

/**
 * Restores the list after going back, and removes the lists of other users. Must run before other modules read the
 * list.
 */
export function restorePage() {
  session.removeAll((key) => key.startsWith(PREFIX) && !key.startsWith(viewerPrefix()));
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (!postList() || !isBack) return;
  const stored = session.read(storageKey());
  if (!stored || stored.view !== postList().dataset.view) return;
  replaceList(stored.html);
  postList().dataset.cursor = stored.cursor;
  scrollTo({ top: stored.top, behavior: "instant" });
}

// Replaces the list. The page's own list has newer likes, bookmarks and votes of the user, as far as it goes.
function replaceList(html) {
  const own = postList();
  const ownStates = own.querySelectorAll(".reactions, .votes");
  const ownIds = new Set([...own.querySelectorAll(".post")].map(({ id }) => id));
  own.outerHTML = html;
  postList().prepend(...ownStates);
  for (const button of postList().querySelectorAll(".reaction")) {
    if (ownIds.has(button.closest(".post").id)) button.setAttribute("aria-pressed", "false");
  }
}

function store(cursor) {
  if (isSignedOut) return;
  const list = postList().cloneNode(true);
  for (const element of list.querySelectorAll(".editor, .leaving")) element.remove();
  for (const link of list.querySelectorAll("[data-loading]")) link.removeAttribute("data-loading");
  const html = list.outerHTML;
  session.remove(storageKey());
  if (html.length >= MAX_HTML_LENGTH) return;
  session.write(storageKey(), { view: list.dataset.view, cursor, top: scrollY, html });
}
