// Keeps every <time> element current: "now", "3 min", "2 h", a weekday, a date; with `data-left` the time that is left
// until then. Its tooltip is the exact time.

import { CONTENT_ADDED, subscribe } from "./events.js";

const UPDATE_INTERVAL = 30_000; // ms

const { language, zone } = document.body.dataset; // the user's choice; undefined means the browser's
const exactFormat = dateFormat({ dateStyle: "full", timeStyle: "short" });
const weekdayFormat = dateFormat({ weekday: "short", hour: "numeric", minute: "2-digit" });
const dayFormat = dateFormat({ day: "numeric", month: "short" });
const dayOfYearFormat = dateFormat({ day: "numeric", month: "short", year: "numeric" });

/** Updates all times now, every 30 s, and in new content. */
export function initTimes() {
  update(document.body);
  setInterval(() => update(document.body), UPDATE_INTERVAL);
  subscribe(CONTENT_ADDED, (element) => element && update(element));
}

function dateFormat(options) {
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(undefined, options); // the browser does not know the time zone
  }
}

function update(root) {
  const now = new Date();
  for (const element of root.querySelectorAll("time")) {
    const time = new Date(element.dateTime);
    element.textContent = "left" in element.dataset ? timeLeft(time, now) : relativeTime(time, now);
    element.title = exactFormat.format(time);
  }
}

function timeLeft(time, now) {
  const minutes = Math.ceil((time - now) / 60_000);
  if (minutes < 1) return "Ended";
  if (minutes < 60) return `${minutes} min left`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${hours} h left`;
  return `${Math.round(hours / 24)} days left`;
}

function relativeTime(time, now) {
  const minutes = Math.floor((now - time) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 6 * 24 * 60) return weekdayFormat.format(time);
  const isThisYear = time.getFullYear() === now.getFullYear();
  return (isThisYear ? dayFormat : dayOfYearFormat).format(time);
}
