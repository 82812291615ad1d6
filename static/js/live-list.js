// Applies live events to lists of other models than posts, such as those of other apps:
//
//   <ul id="links" data-live-list="link" data-view="links" data-cursor="7">
//     <li id="link-3" data-sort="3">
//
// `data-live-list` is the name of the live model. Rows have the id `<name>-<id of the row>`. A new row is inserted by
// its `data-sort`, highest first or, with data-order="asc", lowest first. `data-more` says that there are further rows
// on the server, after the last one. docs/live-models.md describes it for authors of apps.

import { parseHtml, swapHtml } from "./dom.js";
import { CONTENT_ADDED, dispatch } from "./events.js";
import { retryUntilDone } from "./retry.js";
import { animateChange, keepScrollPosition } from "./scroll-anchor.js";

const sortKeys = new Intl.Collator("en", { numeric: true }); // numbers in the keys are compared as numbers
const removedIds = new Set(); // element ids: a late response must not bring a deleted row back

let queue = null; // frames received during a reload

const liveLists = () => [...document.querySelectorAll("[data-live-list]")];

/** Returns the first live list of the page, or null. */
export const liveList = () => document.querySelector("[data-live-list]");

/** Applies a frame of the live connection to the lists that it concerns. During a reload, frames are queued. */
export function receiveRow(frame) {
  if (!liveList()) return;
  if (frame.type === "reset") reloadLists(frame.within ?? 0);
  else if (queue) queue.push(frame);
  else for (const list of liveLists()) apply(list, frame);
}

function apply(list, frame) {
  const { liveList: name, cursor } = list.dataset;
  const [model, change] = frame.type.split(".");
  if (model !== name || frame.cursor <= Number(cursor)) return; // the list was read after the event
  const id = `${name}-${frame.id}`;
  if (change === "deleted") return remove(id);
  if (change === "created") removedIds.delete(id); // frames are in order, so the row is back
  if (frame.html && !removedIds.has(id)) upsert(list, id, frame.html);
}

function remove(id) {
  removedIds.add(id);
  const row = document.getElementById(id);
  if (row) animateChange(() => row.remove(), row.parentElement);
}

function upsert(list, id, html) {
  const old = document.getElementById(id);
  const next = nextOf(list, parseHtml(html).body.firstElementChild, old);
  const isFurtherDown = !next && !old && "more" in list.dataset;
  if (isFurtherDown) return;
  animateChange(() => {
    swapHtml(next ?? list, next ? "beforebegin" : "beforeend", html);
    old?.remove();
  }, list);
  dispatch(CONTENT_ADDED, document.getElementById(id));
}

// Returns the row before which a row belongs; undefined at the end. A row whose key is the same keeps its place.
function nextOf(list, row, old) {
  const { sort } = row.dataset;
  if (old && old.dataset.sort === sort) return old;
  const direction = list.dataset.order === "asc" ? 1 : -1;
  const rows = [...list.children].filter((each) => each !== old);
  return rows.find((each) => direction * sortKeys.compare(sort, each.dataset.sort) < 0);
}

// --- Reloading after a `reset` frame ---

async function reloadLists(within) {
  if (queue) return;
  queue = [];
  await retryUntilDone(tryReload, within);
  const frames = queue;
  queue = null;
  frames.forEach(receiveRow);
}

// Returns false if another attempt is needed.
async function tryReload() {
  queue.length = 0; // the response contains their changes
  try {
    const response = await fetch(location.href);
    if (response.status >= 500) return false;
    const page = parseHtml(await response.text());
    const lists = liveLists();
    const isSamePage = response.ok && lists.every(({ id }) => page.getElementById(id));
    if (isSamePage) lists.forEach((list) => replaceRows(list, page.getElementById(list.id)));
    else location.reload(); // the reader may no longer see the page
    return true;
  } catch {
    return false;
  }
}

function replaceRows(list, fresh) {
  keepScrollPosition(() => swapHtml(list, "innerHTML", fresh.innerHTML), { list });
  list.dataset.cursor = fresh.dataset.cursor;
  list.toggleAttribute("data-more", "more" in fresh.dataset);
  dispatch(CONTENT_ADDED, list);
}
