// Error notices. A refusal by Livefeed has HX-Retarget or is the form itself; the error page of a proxy, or
// Django's debug page, must not be swapped into the page.

import { createElement, parseHtml } from "./dom.js";
import { CONNECTION_CHANGED, SERVER_REACHED, subscribe } from "./events.js";
import { Refused, errorMessage, takeToken } from "./http.js";

const RETRY = "Nothing is lost: try again in a moment.";

/** Shows a notice for each failed request of htmx. */
export function initNotices() {
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.request) showNotice(`That could not be sent. ${RETRY}`);
  });
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const { status } = ctx.response;
    if (status === 403) takeToken(parseHtml(ctx.text));
    const isErrorPage = status === 400 || status >= 500;
    if (ctx.hx.retarget || !isErrorPage) return;
    ctx.hx.reswap = "none";
    ctx.text = "";
    showNotice(`That did not work. ${RETRY}`);
  });
  document.addEventListener("htmx:before:request", () => notices()?.replaceChildren());
  subscribe(SERVER_REACHED, removeFailures);
  subscribe(CONNECTION_CHANGED, (state) => state === "live" && removeFailures());
}

/** Shows why a request failed. */
export function showError(error) {
  const className = error instanceof Refused ? "notice" : "notice failure";
  showNotice(errorMessage(error), className);
}

// Shows a sentence in the page's live region, which screen readers announce.
function showNotice(sentence, className = "notice failure") {
  notices()?.replaceChildren(createElement("p", { className, textContent: sentence }));
}

// Removes what is no longer true once the server responds again. Refusals stay.
function removeFailures() {
  notices()?.querySelector(".failure")?.remove();
}

const notices = () => document.getElementById("notices");
