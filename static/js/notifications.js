// How many notifications are unread, on every page; on their own page the list itself, and that it was seen.

import { ask } from "./ask.js";
import { countNotifications } from "./title.js";

const MOST = 99;
const AT_TOP = 200; // px down to which a list that changes does not pull away what is being read
let isStale = false;

const list = () => document.getElementById("notifications");

export function showUnread(count) {
  for (const badge of document.querySelectorAll("[data-unread]")) {
    badge.hidden = count === 0;
    badge.textContent = count > MOST ? `${MOST}+` : count;
  }
  countNotifications(count);
  if (list() && count > 0) readAnew();
}

export function keepNotifications() {
  if (!list()) return;
  seen();
  document.addEventListener("visibilitychange", seen);
  document.addEventListener("htmx:after:swap", () => {
    document.dispatchEvent(new CustomEvent("livefeed:arrived", { detail: list() }));
    seen();
  });
  addEventListener("scroll", () => isStale && readAnew(), { passive: true });
}

function readAnew() {
  isStale = scrollY > AT_TOP;
  if (!isStale) htmx.ajax("GET", location.pathname, { source: list(), target: list(), swap: "outerHTML" });
}

// What stands on a page that is looked at was seen, up to the moment it was rendered.
function seen() {
  if (document.hidden || !list().querySelector(".unread:not(.seen)")) return;
  const body = new FormData();
  body.set("upto", list().dataset.upto);
  const rows = list().querySelectorAll(".unread");
  rows.forEach((row) => row.classList.add("seen"));
  const again = () => rows.forEach((row) => row.classList.remove("seen")); // the next look says it once more
  ask("POST", "/notifications/read/", body).catch(again);
}
