// What changed while nobody looked: a line between what is new and what was there before says so. One was away when the
// page was hidden, asleep or offline, or when it was left and is opened again.

import { speak } from "./announcer.js";
import { comesBefore, hold, isOwn, list, visiblePosts } from "./list.js";

const AWAY = 30_000; // ms after which one was away; a socket hears something every 25 s

const changed = { new: new Set(), edited: new Set(), removed: new Set() }; // ids
let left = null; // { at: when one was last here, sort: of the newest post then }
let isCut = false;

const place = () => `livefeed-left:${document.body.dataset.viewer}:${list().dataset.view}`;
const isFeed = () => list() && list().dataset.order !== "oldest";
const total = () => Object.values(changed).reduce((sum, ids) => sum + ids.size, 0);

export function keepAbsence() {
  if (!isFeed()) return;
  for (const what of Object.keys(changed))
    document.addEventListener(`livefeed:${what}`, ({ detail }) => note(what, detail.dataset.post));
  document.addEventListener("livefeed:reread", settle);
  document.addEventListener("visibilitychange", () => (document.hidden ? leave(Date.now()) : queueMicrotask(settle)));
  addEventListener("pagehide", remember);
  addEventListener("pageshow", (event) => event.persisted && queueMicrotask(settle));
  compare();
}

// The connection was lost; `heardAt` is when the page was last known to know everything.
export function cut(heardAt) {
  if (!isFeed() || isCut) return;
  isCut = true;
  leave(heardAt);
}

// Something comes after the connection is back: what was missed (`isReplay`), or what happens now.
export function mended(isReplay) {
  if (!isCut) return;
  isCut = false;
  if (isReplay) queueMicrotask(settle);
  else settle();
}

function leave(at) {
  left ??= { at, sort: visiblePosts()[0]?.dataset.sort };
  if (document.hidden) remember();
}

function note(what, id) {
  if (!left) return;
  if (what === "removed" && changed.new.delete(id)) return;
  if (what === "edited" && changed.new.has(id)) return;
  changed.edited.delete(id);
  changed[what].add(id);
}

// One is here again and sees everything.
function settle() {
  if (!left || isCut || document.hidden) return;
  if (total() && Date.now() - left.at >= AWAY)
    draw(
      left.sort,
      Object.entries(changed).map(([what, ids]) => [what, ids.size]),
    );
  left = null;
  for (const ids of Object.values(changed)) ids.clear();
}

function draw(sort, counts) {
  const said = counts.filter(([, count]) => count).map(([what, count]) => `${count} ${what}`);
  const line = Object.assign(document.createElement("p"), {
    className: "away",
    textContent: `While you were away: ${said.join(", ")}`,
  });
  hold(() => {
    list().querySelector(":scope > .away")?.remove();
    const next = visiblePosts().find((post) => !sort || !comesBefore(post.dataset.sort, sort));
    if (next) next.before(line);
    else list().append(line);
  });
  speak(line.textContent);
}

// --- From one visit to the next ---

function remember() {
  const sort = visiblePosts()[0]?.dataset.sort;
  try {
    if (sort && !list().dataset.from) localStorage.setItem(place(), JSON.stringify({ at: Date.now(), sort }));
  } catch {
    // a browser that keeps nothing
  }
}

function compare() {
  let before = null;
  try {
    before = JSON.parse(localStorage.getItem(place()));
  } catch {
    // none that could be read
  }
  if (!before || list().dataset.from || Date.now() - before.at < AWAY) return;
  const shown = visiblePosts();
  const fresh = shown.filter((post) => comesBefore(post.dataset.sort, before.sort));
  const count = fresh.filter((post) => !isOwn(post)).length;
  if (count && fresh.length < shown.length) draw(before.sort, [["new", count]]);
}
