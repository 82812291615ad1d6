// Going back leads to the same place. Most browsers keep the page itself; where one does not, what was loaded by and by is
// kept for the way back, with the position in the log, so that whatever changed meanwhile comes by the socket.

import { list } from "./list.js";

const MOST = 2_000_000; // characters; a longer list is not kept

const place = () => `livefeed-place:${document.body.dataset.viewer}:${location.pathname}${location.search}`;

// cursor(): the position that the page has passed.
export function keepPlace(cursor) {
  addEventListener("pagehide", () => keep(cursor()));
}

// Puts back what was there when this page was left, before anything else looks at it.
export function restorePlace() {
  if (!list() || performance.getEntriesByType("navigation")[0]?.type !== "back_forward") return;
  try {
    const kept = JSON.parse(sessionStorage.getItem(place()));
    if (!kept || kept.view !== list().dataset.view) return;
    list().outerHTML = kept.html;
    list().dataset.cursor = kept.cursor;
    scrollTo({ top: kept.top, behavior: "instant" });
  } catch {
    // none that could be read
  }
}

function keep(cursor) {
  const copy = list().cloneNode(true);
  copy.querySelectorAll(".editor, .leaving").forEach((each) => each.remove());
  copy.querySelectorAll("[data-asked]").forEach((each) => each.removeAttribute("data-asked"));
  try {
    sessionStorage.removeItem(place());
    if (copy.outerHTML.length < MOST)
      sessionStorage.setItem(
        place(),
        JSON.stringify({ view: copy.dataset.view, cursor, top: scrollY, html: copy.outerHTML }),
      );
  } catch {
    // no room: going back then leads to the top
  }
}
