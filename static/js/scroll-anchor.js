// Changes a list, by default that of posts, while what the user reads keeps its place in the window.

import { prefersReducedMotion } from "./dom.js";
import { postList } from "./post-list.js";

const HEADING_HEIGHT = 56; // px at the top of the window that the page's heading covers
const MOVE_DURATION = 150; // ms

/**
 * Makes a change of a list and scrolls so that the first row below the heading stays where it is.
 * At the top of the page it does not scroll, so that new rows come into view, unless `atTopToo` is true.
 */
export function keepScrollPosition(change, { atTopToo = false, list = postList() } = {}) {
  const positions = scrollY > 0 || atTopToo ? positionsInWindow(list) : [];
  change();
  const isStillThere = ({ id }) => document.getElementById(id);
  const belowHeading = positions.find((position) => position.top >= HEADING_HEIGHT && isStillThere(position));
  const anchor = belowHeading ?? positions.find(isStillThere);
  if (!anchor) return;
  const { top } = document.getElementById(anchor.id).getBoundingClientRect();
  scrollBy({ top: top - anchor.top, behavior: "instant" });
}

// Hidden rows have no size, and are left out.
function positionsInWindow(list) {
  return [...list.querySelectorAll(":scope > [id]")]
    .map((row) => ({ id: row.id, rect: row.getBoundingClientRect() }))
    .filter(({ rect }) => rect.bottom > HEADING_HEIGHT)
    .map(({ id, rect }) => ({ id, top: rect.top }));
}

/** Makes a change of a list and animates what it moves, by transforms: browsers count them as no layout shift. */
export function animateChange(change, list = postList()) {
  const tops = prefersReducedMotion() || document.hidden ? new Map() : topsNearWindow(list);
  keepScrollPosition(change, { list });
  for (const [element, top] of tops) {
    const distance = element.isConnected ? top - element.getBoundingClientRect().top : 0;
    if (distance) slideFrom(element, distance);
  }
}

// Maps the list's elements that may come into the window to their tops.
function topsNearWindow(list) {
  const tops = new Map();
  for (const element of list.children) {
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom > -innerHeight && top < 2 * innerHeight) tops.set(element, top);
  }
  return tops;
}

function slideFrom(element, distance) {
  const frames = [{ transform: `translateY(${distance}px)` }, { transform: "none" }];
  element.animate(frames, { duration: MOVE_DURATION, easing: "ease-out" });
}
