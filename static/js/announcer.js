// Announces new posts to screen readers, in batches: how many, or each of them, or nothing, as the user has chosen.

import { POST_ADDED, subscribe } from "./events.js";
import { authorName, newPostsText } from "./post-list.js";

const BATCH_INTERVAL = 4_000; // ms during which new posts are combined into one announcement
const MAX_READ_POSTS = 3; // posts read out one by one; more are counted
const MAX_LENGTH = 140; // characters of each

let pendingIds = [];

const mode = () => document.body.dataset.announce;

/** Announces new posts from now on. */
export function initAnnouncer() {
  subscribe(POST_ADDED, (post) => {
    if (mode() === "off" || document.hidden) return;
    if (!pendingIds.length) setTimeout(announcePending, BATCH_INTERVAL);
    pendingIds.push(post.id);
  });
}

/** Announces a sentence, unless the user has switched announcements off. */
export function speak(sentence) {
  if (mode() !== "off") document.getElementById("announcer").textContent = sentence;
}

function announcePending() {
  const posts = pendingIds.map((id) => document.getElementById(id)).filter(Boolean);
  pendingIds = [];
  if (!posts.length) return;
  const readsEach = mode() === "each" && posts.length <= MAX_READ_POSTS;
  speak(readsEach ? posts.map(summary).join(" ") : `${newPostsText(posts.length, posts)}.`);
}

function summary(post) {
  const parts = [...post.querySelectorAll(".post-title, .post-body")].map((part) => part.textContent.trim());
  const text = parts.join(". ");
  return `${authorName(post)}: ${text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text}`;
}
