// Announcements by staff, above every page. Dismissing one counts for all pages of a user, by an event of the server,
// and for all tabs of a visitor's browser, by a cookie.

import { delegate, parseHtml } from "./dom.js";
import { requestHtml } from "./http.js";
import { showError } from "./notices.js";

const COOKIE = "livefeed_dismissed"; // the ids of dismissed announcements, separated by dots, as the server sets it
const COOKIE_MAX_AGE = 365 * 24 * 3_600; // s
const MAX_IDS_IN_COOKIE = 50;
const RELOAD_RETRY_DELAY = 10_000; // ms
const READERS_DELAY = 300; // ms during which events are combined into one reload

const otherTabs = new BroadcastChannel("livefeed-announcements"); // of the same browser
let changes = 0; // number of events so far
let reloadTimer = 0;

const region = () => document.getElementById("announcements");
const readers = () => document.getElementById("readers"); // for staff: who has read an announcement
const find = (id) => document.getElementById(`announcement-${id}`);
const dismissedIds = () => region().dataset.dismissed.split(" ").filter(Boolean);
const isVisitor = () => !document.body.dataset.viewer;

/** Handles the buttons, and keeps what is sticky below the announcements. */
export function initAnnouncements() {
  if (!region()) return;
  delegate("click", ".announcement-dismiss", (button, event) => {
    event.preventDefault();
    dismiss(button);
  });
  otherTabs.addEventListener("message", ({ data }) => isVisitor() && hide(data));
  const setHeight = () => document.body.style.setProperty("--announcements-height", `${region().offsetHeight}px`);
  new ResizeObserver(setHeight).observe(region());
}

/** Shows a frame that is about announcements or their dismissals, or a reset. Returns false for other frames. */
export function receiveAnnouncement(frame) {
  const [subject, change] = frame.type.split(".");
  if (frame.type === "reset") setTimeout(reloadAll, Math.random() * 1_000 * frame.within);
  else if (subject === "dismissal") onDismissal(frame);
  else if (subject === "announcement") onChange(frame, change);
  else return false;
  changes++;
  return frame.type !== "reset"; // the list of posts is reloaded too
}

function onChange({ id, html }, change) {
  const current = find(id);
  if (change === "deleted") current?.remove();
  else if (current) current.replaceWith(elementOf(html));
  else if (!dismissedIds().includes(String(id))) region().prepend(elementOf(html));
}

const elementOf = (html) => document.adoptNode(parseHtml(html).querySelector(".announcement"));

// On the page of its readers, the dismissal may be another user's.
function onDismissal({ announcement }) {
  if (readers()?.dataset.view !== `announcement:${announcement}`) return hide(announcement);
  clearTimeout(reloadTimer);
  reloadTimer = setTimeout(reloadAll, READERS_DELAY);
}

// Removes a dismissed announcement, and does not show it again.
function hide(id) {
  region().dataset.dismissed = [...new Set([...dismissedIds(), String(id)])].join(" ");
  find(id)?.remove();
}

async function dismiss(button) {
  const { announcement: id } = button.closest(".announcement").dataset;
  button.disabled = true;
  try {
    if (isVisitor()) dismissForBrowser(id);
    else await requestHtml("POST", button.getAttribute("formaction"));
    hide(id);
  } catch (error) {
    button.disabled = false;
    showError(error);
  }
}

function dismissForBrowser(id) {
  const ids = [...dismissedIds(), id].slice(-MAX_IDS_IN_COOKIE).join(".");
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${COOKIE}=${ids}; Path=/; Max-Age=${COOKIE_MAX_AGE}; SameSite=Lax${secure}`;
  otherTabs.postMessage(id);
}

function reloadAll() {
  const list = readers();
  if (list) htmx.ajax("GET", location.href, { source: list, target: list, swap: "outerHTML" });
  reload();
}

// Replaces the announcements by those of the server. Repeats the request if an event arrived meanwhile: the response
// may be older than that.
async function reload() {
  const changesBefore = changes;
  try {
    const fresh = parseHtml(await requestHtml("GET", "/announcements/")).getElementById("announcements");
    if (changes !== changesBefore) return reload();
    region().dataset.dismissed = fresh.dataset.dismissed;
    region().replaceChildren(...fresh.children);
  } catch {
    setTimeout(reload, RELOAD_RETRY_DELAY);
  }
}
