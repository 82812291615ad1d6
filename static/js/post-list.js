// The page's list of posts.

import { dispatch } from "./events.js";

/** Posts that a page shows at most. The server remembers as many ids of shown posts for a connection. */
export const MAX_POSTS = 300;

const MAX_NAMES = 2; // authors named before the others are counted

/** Returns the list's element; null on a page without posts. */
export const postList = () => document.getElementById("posts");

/** Returns the element of a post by its id, or null. */
export const findPost = (id) => document.getElementById(`post-${id}`);

/** True if the page's user is the post's author. */
export const isOwnPost = (post) => post.dataset.author === document.body.dataset.viewer;

/** Returns the elements of all posts, including those that the pill hides. */
export const allPosts = () => [...postList().querySelectorAll(":scope > .post")];

/** Returns the new posts that stay hidden until the user clicks the pill. */
export const hiddenPosts = () => [...postList().querySelectorAll(":scope > .post.hidden-new")];

/** Returns the posts that the list shows. */
export const visiblePosts = () => [...postList().querySelectorAll(":scope > .post:not(.hidden-new)")];

/** Returns the link to older posts, or null. */
export const olderLink = () => postList().querySelector(":scope > .older");

/** True if the list shows the oldest post first, as a thread does. */
export const isOldestFirst = () => postList().dataset.order === "oldest";

/** True if a post with the sort key `one` stands above a post with the sort key `other`. */
export const sortsBefore = (one, other) => (isOldestFirst() ? one < other : one > other);

/** Returns the display name of a post's author. */
export const authorName = (post) => post.querySelector(".post-name").textContent;

/** Returns "1 new post from Ada", "3 new posts from Ada, Ben and Cleo", "5 new posts from Ada, Ben and 2 others". */
export function newPostsText(count, posts) {
  const text = `${count} new post${count > 1 ? "s" : ""}`;
  return posts.length ? `${text} from ${authorNames(posts)}` : text;
}

function authorNames(posts) {
  const nameById = new Map(posts.map((post) => [post.dataset.author, authorName(post)]));
  const names = [...nameById.values()];
  const others = names.length - MAX_NAMES;
  if (others > 1) return `${names.slice(0, MAX_NAMES).join(", ")} and ${others} others`;
  if (names.length === 1) return names[0];
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Dispatches an event about a post, unless its author is the page's user. */
export function notifyPostEvent(name, post) {
  if (!isOwnPost(post)) dispatch(name, post);
}
