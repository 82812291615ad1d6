// The page's list of posts.

import { dispatch } from "./events.js";

/** Posts that a page shows at most. The server remembers as many ids of shown posts for a connection. */
export const MAX_POSTS = 300;

/** Returns the list's element; null on a page without posts. */
export const postList = () => document.getElementById("posts");

/** Returns the element of a post by its id, or null. */
export const findPost = (id) => document.getElementById(`post-${id}`);

/** True if the page's user is the post's author. */
export const isOwnPost = (post) => post.dataset.author === document.body.dataset.viewer;

/** Returns the elements of all posts, including those that the pill hides. */
export const allPosts = () => [...postList().querySelectorAll(":scope > .post")];

/** Returns the new posts that stay hidden until the user clicks the pill. */
export const hiddenPosts = () => [...postList().querySelectorAll(":scope > .post.waiting")];

/** Returns the posts that the list shows. */
export const visiblePosts = () => [...postList().querySelectorAll(":scope > .post:not(.waiting)")];

/** Returns the link to older posts, or null. */
export const olderLink = () => postList().querySelector(":scope > .older");

/** True if the list shows the oldest post first, as a thread does. */
export const isOldestFirst = () => postList().dataset.order === "oldest";

/** True if a post with the sort key `one` stands above a post with the sort key `other`. */
export const sortsBefore = (one, other) => (isOldestFirst() ? one < other : one > other);

/** Dispatches an event about a post, unless its author is the page's user. */
export function notifyPostEvent(name, post) {
  if (!isOwnPost(post)) dispatch(name, post);
}
