// DOM events that modules use to notify each other. All are dispatched on `document`; `detail` is given for each.

/** A new post is in the list, by another author. Dispatched by feed and feed-reload. detail: its element. */
export const POST_ADDED = "livefeed:post-added";

/** A newer version of another author's post replaced it. Dispatched by feed and feed-reload. detail: its element. */
export const POST_EDITED = "livefeed:post-edited";

/** Another author's post is removed. Dispatched by feed and feed-reload. detail: its element, which may fade out. */
export const POST_REMOVED = "livefeed:post-removed";

/** A new post is newer than the first post of a page that starts further down. Dispatched by feed. No detail. */
export const POST_AHEAD = "livefeed:post-ahead";

/** Posts were added to, revealed in or removed from the list. Dispatched by all modules that do so. No detail. */
export const LIST_CHANGED = "livefeed:list-changed";

/** The list was replaced by a fresh one from the server. Dispatched by feed-reload. No detail. */
export const LIST_RELOADED = "livefeed:list-reloaded";

/**
 * The page has new HTML, from a frame or a response: times, likes and bookmarks in it have to be shown.
 * Dispatched by feed, feed-reload, live-list, notifications and polls. detail: the element that contains it.
 */
export const CONTENT_ADDED = "livefeed:content-added";

/** A follow began or ended. Dispatched by follow-buttons. No detail. */
export const FOLLOW_CHANGED = "livefeed:follow-changed";

/** The server has fulfilled a request. Dispatched by http. No detail. */
export const SERVER_REACHED = "livefeed:server-reached";

/** The connection's state changed. Dispatched by connection-status. detail: the state, see LiveSocket's `onState`. */
export const CONNECTION_CHANGED = "livefeed:connection-changed";

/** Dispatches one of these events. */
export function dispatch(name, detail = null) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

/** Calls `handler(detail)` for each event of this name. */
export function subscribe(name, handler) {
  document.addEventListener(name, ({ detail }) => handler(detail));
}
