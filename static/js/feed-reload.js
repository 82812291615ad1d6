// Reloads the list of posts after a `reset` frame: the server cannot replay what the page missed. The composer, open
// editors and the scroll position stay.

import { keepEditorOfDeleted } from "./composer.js";
import { moveElement, parseHtml, swapHtml } from "./dom.js";
import {
  CONTENT_ADDED,
  LIST_CHANGED,
  LIST_RELOADED,
  POST_ADDED,
  POST_EDITED,
  POST_REMOVED,
  dispatch,
} from "./events.js";
import { fetchPart } from "./http.js";
import { mustHide } from "./new-posts-pill.js";
import { MAX_POSTS, allPosts, isOwnPost, notifyPostEvent, postList, sortsBefore, visiblePosts } from "./post-list.js";
import { retryUntilDone } from "./retry.js";
import { keepScrollPosition } from "./scroll-anchor.js";

let queue = null; // frames received during a reload

/** True while the list is being reloaded. */
export const isReloading = () => queue !== null;

/** Keeps a frame until the reload is complete. */
export const queueFrame = (frame) => queue.push(frame);

/**
 * Reloads the list, after a random delay of up to `maxDelay` seconds so that not all pages ask at once, and retries
 * until it succeeds. Then calls `deliver` with each queued frame.
 */
export async function reloadFeed(maxDelay, deliver) {
  if (isReloading()) return;
  queue = [];
  await retryUntilDone(tryReload, maxDelay);
  const frames = queue;
  queue = null;
  dispatch(LIST_RELOADED);
  frames.forEach(deliver);
}

// Returns false if another attempt is needed.
async function tryReload() {
  queue.length = 0; // the response contains their changes
  try {
    const response = await fetchPart(location.href, "div#posts");
    if (response.status === 403 || response.status === 404) {
      leavePage();
      return true;
    }
    if (!response.ok) return response.status < 500;
    const page = parseHtml(await response.text());
    const list = page.getElementById("posts");
    if (list?.dataset.view !== postList().dataset.view) location.reload();
    else replaceList(await loadDownToReadPost(list), page.getElementById("profile"));
    return true;
  } catch {
    return false;
  }
}

// The user may no longer see the page, for instance because its author is suspended. Text that is being typed stays.
function leavePage() {
  if (!document.querySelector(".editor")) return location.reload();
  for (const post of allPosts()) if (!post.querySelector(".editor")) post.remove();
}

// Adds older pages until the list contains the post that the user is reading.
async function loadDownToReadPost(list) {
  const readPost = visiblePosts().find((post) => post.getBoundingClientRect().bottom > 0);
  const olderLink = () => list.querySelector(":scope > .older");
  while (!reaches(list, readPost) && olderLink() && list.childElementCount < MAX_POSTS) {
    const response = await fetchPart(new URL(olderLink().getAttribute("href"), location.href), "a");
    if (!response.ok) break;
    const page = parseHtml(await response.text());
    olderLink().replaceWith(...page.head.childNodes, ...page.body.childNodes);
  }
  return list;
}

function reaches(list, readPost) {
  if (scrollY === 0 || !readPost) return true;
  return [...list.querySelectorAll(".post")].some((post) => !sortsBefore(post.dataset.sort, readPost.dataset.sort));
}

function replaceList(list, profile) {
  const oldPosts = new Map(allPosts().map((post) => [post.id, post]));
  const newestSort = visiblePosts()[0]?.dataset.sort;
  const isNew = (post) => newestSort && !oldPosts.has(post.id) && sortsBefore(post.dataset.sort, newestSort);
  const hidesNew = mustHide(visiblePosts()[0]);
  keepScrollPosition(() => {
    swapKeepingEditors(list);
    if (hidesNew) hidePosts(allPosts().filter((post) => isNew(post) && !isOwnPost(post)));
    if (profile) swapHtml(document.getElementById("profile"), "outerHTML", profile.outerHTML);
  });
  dispatch(CONTENT_ADDED, postList());
  notifyDifferences(oldPosts, isNew);
  dispatch(LIST_CHANGED);
}

function swapKeepingEditors(list) {
  const oldList = postList();
  const edited = allPosts().filter((post) => post.querySelector(".editor"));
  swapHtml(oldList, "beforebegin", list.outerHTML);
  const newList = postList(); // it stands first
  for (const old of edited) {
    const post = newList.querySelector(`#${old.id}`);
    if (post) {
      moveElement(old.querySelector(".editor"), post);
    } else {
      newList.prepend(old);
      keepEditorOfDeleted(old);
    }
  }
  oldList.remove();
}

function hidePosts(posts) {
  for (const post of posts) post.classList.add("hidden-new");
}

// Dispatches an event for each difference between the old list and the current one.
function notifyDifferences(oldPosts, isNew) {
  const posts = allPosts();
  for (const post of posts) {
    const old = oldPosts.get(post.id);
    if (isNew(post)) notifyPostEvent(POST_ADDED, post);
    else if (old && Number(old.dataset.version) < Number(post.dataset.version)) notifyPostEvent(POST_EDITED, post);
    oldPosts.delete(post.id);
  }
  const lastSort = posts.at(-1)?.dataset.sort;
  for (const old of oldPosts.values()) {
    const isInRange = lastSort && sortsBefore(old.dataset.sort, lastSort); // further down it may not be loaded
    if (isInRange) notifyPostEvent(POST_REMOVED, old);
  }
}
