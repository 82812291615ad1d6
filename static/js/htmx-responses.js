// Responses that htmx swaps in: a post in one may be older than what a frame has brought meanwhile.

import { CONTENT_ADDED, dispatch } from "./events.js";
import { isRemoved } from "./feed.js";
import { findPost } from "./post-list.js";

/** Removes posts from responses that are older than those on the page, and notifies other modules of new content. */
export function initHtmxResponses() {
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    if (!ctx.request) return; // a swap by a script
    for (const { fragment, target } of tasks) {
      for (const post of fragment.querySelectorAll(".post")) reconcile(post, target, event);
    }
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.request) dispatch(CONTENT_ADDED, document.body);
  });
}

// Lets only the newer of the post in a response and the post on the page remain.
function reconcile(post, target, event) {
  const id = Number(post.dataset.post);
  const shown = findPost(id);
  const isOutdated = isRemoved(id) || (shown && Number(shown.dataset.version) >= Number(post.dataset.version));
  if (shown && shown === target) {
    if (isOutdated) event.preventDefault();
    shown.querySelector(".editor")?.remove();
  } else if (isOutdated) {
    post.remove();
  } else {
    shown?.remove();
  }
}
