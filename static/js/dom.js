// Helpers for building and changing elements.

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** True if the user's system asks for less animation. */
export const prefersReducedMotion = () => reducedMotion.matches;

/** Parses a response into a document of its own, in which no script runs. */
export const parseHtml = (html) => new DOMParser().parseFromString(html, "text/html");

/** Creates an element with properties: createElement("p", { className: "notice" }). */
export const createElement = (tag, properties) => Object.assign(document.createElement(tag), properties);

/** Returns a copy of the first element of a <template>. */
export const cloneTemplate = (id) => document.getElementById(id).content.cloneNode(true).firstElementChild;

/** Swaps HTML into `target` by htmx, which also activates its hx- attributes. `how` is a value of hx-swap. */
export const swapHtml = (target, how, html) => htmx.swap({ sourceElement: target, target, swap: how, text: html });

/** Makes `element` the last child of `parent`. Focus, selection and scroll position stay in browsers that can do so. */
export function moveElement(element, parent) {
  const keepsState = parent.moveBefore && element.isConnected && parent.isConnected;
  if (keepsState) parent.moveBefore(element, null);
  else parent.append(element);
}

/**
 * Shows a dialog until it is closed, by a click outside too; then removes it and calls `onClose`. The browser returns
 * the focus to the element that had it; if that was replaced meanwhile, the element around it receives the focus.
 */
export function showDialog(dialog, onClose = () => {}) {
  const opener = document.activeElement.closest("[id]");
  if (opener) dialog.dataset.successor = `#${CSS.escape(opener.id)}`;
  document.body.appendChild(dialog);
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose();
  });
  dialog.showModal();
}

/** Calls `handler(element, event)` for events on an element that matches `selector`, or inside of it. */
export function delegate(type, selector, handler) {
  document.addEventListener(type, (event) => {
    const element = event.target.closest?.(selector);
    if (element) handler(element, event);
  });
}

/** Focuses an element that the Tab key does not reach, without scrolling. */
export function focusSilently(element) {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

/**
 * Places `panel` below the line of `field` that contains the character at `index`, or above the line if there is no
 * room below. Both stand in the same positioned element.
 */
export function placeAtLine(panel, field, index) {
  const below = Math.min(heightUpTo(field, index) - field.scrollTop, field.offsetHeight);
  const above = below - parseFloat(getComputedStyle(field).lineHeight) - panel.offsetHeight;
  const { top } = field.getBoundingClientRect();
  const windowBottom = visualViewport.offsetTop + visualViewport.height;
  const fitsBelow = top + below + panel.offsetHeight <= windowBottom;
  const fitsAbove = top + above > 0;
  panel.style.top = `${!fitsBelow && fitsAbove ? above : below}px`;
}

// A textarea does not report the position of its lines, so a copy that ends at `index` is measured.
function heightUpTo(field, index) {
  const copy = document.createElement("textarea");
  copy.className = `${field.className} ruler`;
  copy.value = field.value.slice(0, index + 1);
  field.after(copy);
  const height = copy.scrollHeight;
  copy.remove();
  return height;
}
