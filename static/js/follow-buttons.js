// Follow buttons: a user may appear several times on a page, and on several pages. After a click all buttons for that
// user change, in the user's other tabs too.

import { parseHtml, swapHtml } from "./dom.js";
import { FOLLOW_CHANGED, dispatch } from "./events.js";

const otherTabs = new BroadcastChannel("livefeed-follows"); // of the same browser

const viewer = () => document.body.dataset.viewer;
const userOf = (element) => element.closest?.(".follow")?.dataset.user;

/** Handles responses to follow buttons. The pressed button may have been replaced meanwhile, by a reload of its list. */
export function initFollowButtons() {
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (!ctx.sourceElement.closest(".follow") || !ctx.response.raw.ok) return;
    const button = update(ctx.text);
    if (!button) return; // the page of a proxy
    document.body.dataset.justFollowed = button.dataset.user;
    otherTabs.postMessage({ viewer: viewer(), html: ctx.text });
  });
  otherTabs.addEventListener("message", ({ data }) => data.viewer === viewer() && update(data.html));
  for (const name of ["pointerover", "focusin"]) document.addEventListener(name, ({ target }) => settle(target));
}

// Shows the buttons of a response wherever the page has buttons for the same user. Returns those of the response.
function update(html) {
  const current = parseHtml(html).querySelector(".follow");
  if (!current) return null;
  for (const button of document.querySelectorAll(`.follow[data-user="${current.dataset.user}"]`)) {
    if (!isSame(button, current)) swapHtml(button, "outerHTML", html);
  }
  dispatch(FOLLOW_CHANGED);
  return current;
}

const isSame = ({ dataset: one }, { dataset: other }) => one.follows === other.follows && one.bell === other.bell;

// Right after a click the button shows the result. It offers "Unfollow" once the pointer, or the focus of a user without
// pointer, has left it.
function settle(target) {
  const { justFollowed } = document.body.dataset;
  if (!justFollowed) return;
  const focused = document.querySelector(":focus-visible");
  const isThere = [target, focused].some((element) => element && userOf(element) === justFollowed);
  if (!isThere) delete document.body.dataset.justFollowed;
}
