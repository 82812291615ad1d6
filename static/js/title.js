// The page's title begins with how much there is that its reader has not seen: posts that came while nobody looked or
// that wait further up, and notifications.

import { list, waitingPosts } from "./list.js";

const plain = document.title;
const unseen = new Set(); // ids of posts that came while the page was hidden
let notifications = 0;

export function keepTitle() {
  document.addEventListener("livefeed:new", ({ detail }) => document.hidden && unseen.add(detail.id));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unseen.clear();
    tell();
  });
  document.addEventListener("livefeed:list", tell);
  countNotifications(Number(document.querySelector("[data-unread]")?.dataset.unread ?? 0));
}

export function countNotifications(count) {
  notifications = count;
  tell();
}

function tell() {
  const there = [...unseen].filter(
    (id) => document.getElementById(id) && !document.getElementById(id).matches(".waiting"),
  );
  const count = notifications + there.length + (list() ? waitingPosts().length : 0);
  document.title = count ? `(${count > 99 ? "99+" : count}) ${plain}` : plain;
}
