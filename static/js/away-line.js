// A line in the feed, "While you were away: 3 new, 1 edited", between posts that are new and those that are not. The
// user is away while the page is hidden, asleep or offline, and from leaving the page to opening it again.

import { speak } from "./announcer.js";
import { createElement } from "./dom.js";
import { LIST_RELOADED, POST_ADDED, POST_EDITED, POST_REMOVED, subscribe } from "./events.js";
import { isOldestFirst, isOwnPost, postList, sortsBefore, visiblePosts } from "./post-list.js";
import { keepScrollPosition } from "./scroll-anchor.js";
import { local } from "./storage.js";

const PREFIX = "livefeed-left:";
const MIN_ABSENCE = 30_000; // ms; a shorter absence draws no line. A live connection receives a heartbeat every 25 s

const changes = { new: new Set(), edited: new Set(), removed: new Set() }; // ids of posts
let absence = null; // { since: ms since 1970, newestSort: sort key of the newest post then }
let isDisconnected = false;
let isSignedOut = false;

const isFeed = () => postList() && !isOldestFirst();
const storageKey = () => `${PREFIX}${document.body.dataset.viewer}:${postList().dataset.view}`;
const newestSort = () => visiblePosts()[0]?.dataset.sort;

/** Records changes during absences, and compares the feed with the last visit. */
export function initAwayLine() {
  if (!isFeed()) return;
  subscribe(POST_ADDED, (post) => recordChange("new", post));
  subscribe(POST_EDITED, (post) => recordChange("edited", post));
  subscribe(POST_REMOVED, (post) => recordChange("removed", post));
  subscribe(LIST_RELOADED, onReturn);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) onLeave(Date.now());
    else queueMicrotask(onReturn);
  });
  addEventListener("pagehide", rememberVisit);
  addEventListener("pageshow", (event) => event.persisted && queueMicrotask(onReturn));
  compareWithLastVisit();
}

/** Called when the live connection is lost. `lastMessageAt`: when it was last known to work, in ms since 1970. */
export function onDisconnect(lastMessageAt) {
  if (!isFeed() || isDisconnected) return;
  isDisconnected = true;
  onLeave(lastMessageAt);
}

/** Called before the frames of a message are processed. `isReplay`: true if they are what the page missed. */
export function onMessage(isReplay) {
  if (!isDisconnected) return;
  isDisconnected = false;
  if (isReplay)
    queueMicrotask(onReturn); // after its frames are processed
  else onReturn();
}

function onLeave(since) {
  absence ??= { since, newestSort: newestSort() };
  if (document.hidden) rememberVisit();
}

function recordChange(kind, post) {
  const id = post.dataset.post;
  if (!absence) return;
  if (kind === "removed" && changes.new.delete(id)) return; // the user has never seen it
  if (kind === "edited" && changes.new.has(id)) return; // it is new to the user in any version
  changes.edited.delete(id);
  changes[kind].add(id);
}

// Called when the user may be back. Draws the line if the absence was long enough and is over.
function onReturn() {
  if (!absence || isDisconnected || document.hidden) return;
  const counts = Object.entries(changes).map(([kind, ids]) => [kind, ids.size]);
  const hasChanges = counts.some(([, count]) => count > 0);
  if (hasChanges && Date.now() - absence.since >= MIN_ABSENCE) drawLine(absence.newestSort, counts);
  absence = null;
  for (const ids of Object.values(changes)) ids.clear();
}

// Draws the line above the first post that is not newer than `sort`, in place of an earlier line.
function drawLine(sort, counts) {
  const parts = counts.filter(([, count]) => count > 0).map(([kind, count]) => `${count} ${kind}`);
  const textContent = `While you were away: ${parts.join(", ")}`;
  const line = createElement("p", { className: "away", textContent });
  keepScrollPosition(() => {
    postList().querySelector(":scope > .away")?.remove();
    const next = visiblePosts().find((post) => !sort || !sortsBefore(post.dataset.sort, sort));
    if (next) next.before(line);
    else postList().append(line);
  });
  speak(textContent);
}

// --- Absence between two visits ---

/** Removes all stored visits, and stores none any more: the user is signed out, and another one may use this browser. */
export function forgetVisits() {
  isSignedOut = true;
  local.removeAll((key) => key.startsWith(PREFIX));
}

function rememberVisit() {
  if (isSignedOut) return;
  const sort = newestSort();
  if (sort && !postList().dataset.from) local.write(storageKey(), { at: Date.now(), sort });
}

function compareWithLastVisit() {
  const last = local.read(storageKey());
  if (!last || postList().dataset.from || Date.now() - last.at < MIN_ABSENCE) return;
  const posts = visiblePosts();
  const newPosts = posts.filter((post) => sortsBefore(post.dataset.sort, last.sort));
  const count = newPosts.filter((post) => !isOwnPost(post)).length;
  const hasOldPosts = newPosts.length < posts.length; // else the line would stand below everything
  if (count && hasOldPosts) drawLine(last.sort, [["new", count]]);
}
