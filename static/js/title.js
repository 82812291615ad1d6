// The page's title with the number of what the user has not seen: unread notifications, posts hidden by the pill, and
// posts that arrived while the page was hidden.

import { LIST_CHANGED, POST_ADDED, subscribe } from "./events.js";
import { hiddenPosts, postList } from "./post-list.js";

const MAX_COUNT = 99;

const plainTitle = document.title;
const unseenIds = new Set(); // element ids of posts that arrived while the page was hidden
let unreadNotifications = 0;

/** Updates the title whenever a number in it changes. */
export function initTitle() {
  subscribe(POST_ADDED, (post) => document.hidden && unseenIds.add(post.id));
  subscribe(LIST_CHANGED, update);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unseenIds.clear();
    update();
  });
  setUnreadNotifications(Number(document.querySelector("[data-unread]")?.dataset.unread ?? 0));
}

/** Sets the number of unread notifications in the title. */
export function setUnreadNotifications(count) {
  unreadNotifications = count;
  update();
}

function update() {
  const posts = [...unseenIds].map((id) => document.getElementById(id));
  const unseen = posts.filter((post) => post && !post.matches(".hidden-new"));
  const hidden = postList() ? hiddenPosts().length : 0;
  const count = unreadNotifications + unseen.length + hidden;
  document.title = count ? `(${count > MAX_COUNT ? `${MAX_COUNT}+` : count}) ${plainTitle}` : plainTitle;
}
