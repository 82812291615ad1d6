// Applies live events to the list of posts. Frames and responses may arrive late, twice or out of order: the newer
// version of a post stays, a removed post stays removed, and a new post is inserted where its sort key belongs.

import { keepEditorOfDeleted } from "./composer.js";
import { moveElement, parseHtml, prefersReducedMotion, swapHtml } from "./dom.js";
import {
  CONTENT_ADDED,
  LIST_CHANGED,
  LIST_RELOADED,
  POST_ADDED,
  POST_AHEAD,
  POST_EDITED,
  POST_REMOVED,
  dispatch,
  subscribe,
} from "./events.js";
import { isReloading, queueFrame, reloadFeed } from "./feed-reload.js";
import { mustHide } from "./new-posts-pill.js";
import { trimEnd } from "./pagination.js";
import { showVotes } from "./polls.js";
import {
  MAX_POSTS,
  allPosts,
  findPost,
  isOldestFirst,
  isOwnPost,
  notifyPostEvent,
  olderLink,
  postList,
  sortsBefore,
} from "./post-list.js";
import { animateChange } from "./scroll-anchor.js";

const LEAVE_DURATION = 150; // ms
const HIGHLIGHT_DURATION = 2_000; // ms

const removedIds = new Set(); // a late response must not bring a deleted post back

/** Applies a frame of the live connection. During a reload of the list, frames are queued. */
export function receiveFrame(frame) {
  if (frame.type === "reset") reloadFeed(frame.within ?? 0, receiveFrame);
  else if (isReloading()) queueFrame(frame);
  else if (frame.type === "post.created") onCreated(frame);
  else if (frame.type === "post.deleted") removePost(frame.id);
  else if (frame.type === "post.counted") updateCounts(frame);
  else if (frame.type === "post.updated") upsert(frame);
}

/** Calls `handler` with the ids of the shown posts: now, and whenever a response has added posts. */
export function onShownPostsChange(handler) {
  const report = () => handler(shownIds());
  document.addEventListener("htmx:after:swap", (event) => event.detail.ctx.request && report());
  subscribe(LIST_RELOADED, report);
  report();
}

const shownIds = () =>
  allPosts()
    .slice(0, MAX_POSTS)
    .map((post) => Number(post.dataset.post));

/** Shows a post that the server returned after it was posted here. */
export const showPosted = (html) => upsert(postFromHtml(html));

/** Shows a post whose deletion was undone here. */
export const showRestored = (html) => onCreated(postFromHtml(html));

function postFromHtml(html) {
  const { post, version, sort } = parseHtml(html).querySelector(".post").dataset;
  return { id: Number(post), version: Number(version), sort, html };
}

// Frames are in order, so a post that is created after it was removed has been restored.
function onCreated(frame) {
  removedIds.delete(frame.id);
  upsert(frame);
}

function upsert({ id, version, sort, html }) {
  if (removedIds.has(id)) return;
  const post = findPost(id);
  if (!post) insert(id, sort, html);
  else if (Number(post.dataset.version) < version) replace(post, id, html);
}

function updateCounts({ id, poll, ...counts }) {
  if (poll) showVotes(id, poll);
  const elements = findPost(id)?.querySelectorAll("[data-count]") ?? [];
  for (const element of elements) element.textContent = counts[element.dataset.count] || "";
}

function insert(id, sort, html) {
  const { from } = postList().dataset;
  const isAhead = from && !sortsBefore(from, sort); // the page starts with older posts
  if (isAhead) return dispatch(POST_AHEAD);
  const next = allPosts().find((post) => sortsBefore(sort, post.dataset.sort)) ?? olderLink();
  if (next?.matches(".older")) return; // the post belongs to a page that is not loaded yet
  if (isOldestFirst() && allPosts().length >= MAX_POSTS) return;
  const isHidden = mustHide(next);
  const awayLine = next?.previousElementSibling?.matches(".away") ? next.previousElementSibling : null;
  const before = isHidden ? next : (awayLine ?? next);
  animateChange(() => {
    swapHtml(before ?? postList(), before ? "beforebegin" : "beforeend", html);
    if (isHidden && !isOwnPost(findPost(id))) findPost(id).classList.add("hidden-new");
  });
  highlight(id, "arrived");
  notifyPostEvent(POST_ADDED, findPost(id));
  if (!isOldestFirst()) trimEnd();
  dispatch(LIST_CHANGED);
}

// Replaces a post by a newer version. An open editor moves over with everything that was typed.
function replace(old, id, html) {
  const editor = old.querySelector(".editor");
  const isHidden = old.matches(".hidden-new");
  animateChange(() => {
    swapHtml(old, "beforebegin", html);
    const post = findPost(id); // the new one: it stands first
    if (editor) moveElement(editor, post);
    post.classList.toggle("hidden-new", isHidden);
    old.remove();
  });
  const post = findPost(id);
  highlight(id, "changed");
  notifyPostEvent(POST_EDITED, post);
  dispatch(LIST_CHANGED);
}

/** Removes a post, with a short animation where it is visible. A post with an open editor stays until it is closed. */
export function removePost(id) {
  removedIds.add(id);
  document.querySelector(`dialog[data-post="${id}"]`)?.close();
  const post = findPost(id);
  if (!post) return;
  if (post.querySelector(".editor")) return keepEditorOfDeleted(post);
  notifyPostEvent(POST_REMOVED, post);
  if (prefersReducedMotion() || document.hidden || post.matches(".hidden-new")) return takeOut(post);
  post.classList.add("leaving");
  setTimeout(() => takeOut(post), LEAVE_DURATION);
}

function takeOut(post) {
  animateChange(() => post.remove());
  dispatch(LIST_CHANGED);
}

function highlight(id, className) {
  const post = findPost(id);
  post?.classList.add(className);
  dispatch(CONTENT_ADDED, post);
  setTimeout(() => post?.classList.remove(className), HIGHLIGHT_DURATION);
}

// --- Responses that htmx swaps in ---

/** Removes posts from responses that are older than those on the page, and notifies other modules of new content. */
export function initFeedResponses() {
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
  const isOutdated = removedIds.has(id) || (shown && Number(shown.dataset.version) >= Number(post.dataset.version));
  if (shown && shown === target) {
    if (isOutdated) event.preventDefault();
    shown.querySelector(".editor")?.remove();
  } else if (isOutdated) {
    post.remove();
  } else {
    shown?.remove();
  }
}
