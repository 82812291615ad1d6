// Follow buttons: a user may appear several times on a page, and on several pages. After a click all buttons for that
// user change, in the user's other tabs too.

import { parseHtml, swapHtml } from "./dom.js";
import { FOLLOW_CHANGED, dispatch } from "./events.js";

const otherTabs = new BroadcastChannel("livefeed-follows"); // of the same browser

const viewer = () => document.body.dataset.viewer;

/** Handles responses to follow buttons. */
export function initFollowButtons() {
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (!ctx.sourceElement?.closest(".follow") || !ctx.text) return;
    update(ctx.text, { isOwnClick: true });
    otherTabs.postMessage({ viewer: viewer(), html: ctx.text });
  });
  otherTabs.addEventListener("message", ({ data }) => data.viewer === viewer() && update(data.html));
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, ({ target }) => settle(target));
}

function update(html, { isOwnClick = false } = {}) {
  const current = parseHtml(html).querySelector(".follow");
  if (!current) return; // a notice
  for (const button of buttonsFor(current)) if (!isSame(button, current)) swapHtml(button, "outerHTML", html);
  if (isOwnClick) for (const button of buttonsFor(current)) button.classList.add("just-changed");
  dispatch(FOLLOW_CHANGED);
}

const buttonsFor = ({ dataset }) => [...document.querySelectorAll(`.follow[data-user="${dataset.user}"]`)];
const isSame = ({ dataset: one }, { dataset: other }) => one.follows === other.follows && one.bell === other.bell;

// Lets a button offer "Unfollow" again once pointer and focus have left it: right after a click it must show the result.
function settle(target) {
  for (const button of document.querySelectorAll(".follow.just-changed")) {
    const isInside = [target, document.activeElement].some((element) => button.contains(element));
    if (!isInside) button.classList.remove("just-changed");
  }
}
