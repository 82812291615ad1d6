// Keeps the keyboard focus in its place. If the element with the focus is replaced, moved, removed, hidden or disabled
// for a while, by the user's own action or by a change from elsewhere, its successor receives the focus, with the same
// selection. The document is observed, so that no other module has to care.

import { findRemovals, isFocusable, successorOf } from "./focus-successor.js";

let place = null; // { element, scrollTop, hasRing, isLeft }: where the focus is, or was until now

/** Follows the focus from now on. */
export function initFocusKeeper() {
  if (document.activeElement !== document.body) remember(document.activeElement);
  document.addEventListener("focusin", ({ target }) => remember(target));
  document.addEventListener("focusout", ({ target }) => onFocusOut(target));
  document.addEventListener("keydown", () => place && (place.hasRing = true), true);
  document.addEventListener("scroll", ({ target }) => onScroll(target), { capture: true, passive: true });
  const attributes = ["disabled", "hidden"];
  const observer = new MutationObserver(onMutations);
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: attributes });
}

function remember(element) {
  const { scrollTop } = element;
  place = { element, scrollTop, hasRing: element.matches(":focus-visible"), isLeft: false };
}

// The element may be about to be removed: then the observer is called before the timer.
function onFocusOut(element) {
  if (place?.element !== element || !isFocusable(element)) return;
  const current = place;
  current.isLeft = true;
  setTimeout(() => {
    if (place === current && current.isLeft && document.activeElement !== element) place = null;
  });
}

function onScroll(element) {
  if (place?.element === element && !place.isLeft) place.scrollTop = element.scrollTop;
}

function onMutations(records) {
  if (!place || !isLost()) return;
  const { element, isLeft } = place;
  const removals = findRemovals(records, element);
  const isUserElsewhere = removals.length === 0 && isLeft;
  const isDisabled = element.isConnected && element.matches(":disabled"); // until its request is complete
  if (isUserElsewhere || isDisabled) return;
  const successor = isFocusable(element) ? element : successorOf(element, removals, records);
  if (successor) moveFocus(successor);
}

function isLost() {
  const active = document.activeElement;
  return active === null || active === document.body || !isFocusable(active);
}

function moveFocus(successor) {
  const { element, scrollTop, hasRing } = place;
  if (!isFocusable(successor)) successor.tabIndex = -1;
  successor.focus({ preventScroll: true, focusVisible: hasRing });
  if (!isText(element) || !isText(successor)) return;
  successor.setSelectionRange(element.selectionStart, element.selectionEnd, element.selectionDirection);
  successor.scrollTop = scrollTop;
}

// True for fields with a selection. It is null for other kinds of input.
const isText = (element) => typeof element.selectionStart === "number";
