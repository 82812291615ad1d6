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

/** Focuses an element that the Tab key does not reach, without scrolling. */
export function focusSilently(element) {
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
