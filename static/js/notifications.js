// The number of unread notifications on every page, and the list on the notifications page.

import { CONTENT_ADDED, dispatch } from "./events.js";
import { request } from "./http.js";
import { setUnreadNotifications } from "./title.js";

const MAX_COUNT = 99; // a larger number is shown as "99+"
const RELOAD_DISTANCE = 200; // px from the top of the page within which the list is reloaded under the user's eyes

let isStale = false; // true if the list must be reloaded when the user is back at the top

const list = () => document.getElementById("notifications");

/** Marks the listed notifications as read once they are visible. */
export function initNotifications() {
  if (!list()) return;
  markSeen();
  document.addEventListener("visibilitychange", markSeen);
  document.addEventListener("htmx:after:swap", () => {
    dispatch(CONTENT_ADDED, list());
    markSeen();
  });
  addEventListener("scroll", () => isStale && reload(), { passive: true });
}

/** Shows the number of unread notifications and reloads the list, if the page has one. */
export function showUnread(count) {
  for (const badge of document.querySelectorAll("[data-unread]")) {
    badge.hidden = count === 0;
    badge.textContent = count > MAX_COUNT ? `${MAX_COUNT}+` : count;
  }
  setUnreadNotifications(count);
  if (list() && count > 0) reload();
}

function reload() {
  isStale = scrollY > RELOAD_DISTANCE;
  if (!isStale) htmx.ajax("GET", location.pathname, { source: list(), target: list(), swap: "outerHTML" });
}

// Marks the notifications on a visible page as read, up to the moment at which the server rendered them.
function markSeen() {
  const rows = list().querySelectorAll(".unread");
  const hasUnseen = list().querySelector(".unread:not(.seen)");
  if (document.hidden || !hasUnseen) return;
  const body = new FormData();
  body.set("upto", list().dataset.upto);
  setSeen(rows, true);
  request("POST", "/notifications/read/", body).catch(() => setSeen(rows, false)); // the next call retries
}

function setSeen(rows, isSeen) {
  for (const row of rows) row.classList.toggle("seen", isSeen);
}
