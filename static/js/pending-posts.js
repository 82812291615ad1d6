// Shows the posts of the outbox: being sent, waiting for the connection, or refused.

import { cloneTemplate, createElement } from "./dom.js";
import { optionsOf } from "./poll-fields.js";
import { Refused, errorMessage } from "./http.js";

const outbox = () => document.getElementById("outbox");
const elementOf = (key) => document.querySelector(`#outbox > [data-key="${key}"]`);

/** True if the page shows the place of this post: the feed, or the thread that it replies to. */
export const isPendingHere = ({ parent }) => outbox()?.dataset.parent === parent;

/** True if a post is shown that could not reach the server, or that the server failed to process. */
export const hasUnsent = () => document.querySelector("#outbox > .failed:not(.refused)") !== null;

/** Returns the keys of the posts that are shown. */
export const pendingKeys = () =>
  [...document.querySelectorAll("#outbox > [data-key]")].map(({ dataset }) => dataset.key);

/** Removes a post. */
export const removePending = (key) => elementOf(key)?.remove();

/** Shows a post, once. Its buttons call onRetry, onChange and onDiscard with the entry. */
export function showPending(entry, { onRetry, onChange, onDiscard }) {
  if (elementOf(entry.key)) return;
  const element = cloneTemplate("pending-post");
  element.dataset.key = entry.key;
  fillIn(element, entry);
  element.querySelector("[data-try-again]").addEventListener("click", () => onRetry(entry));
  element.querySelector("[data-change]").addEventListener("click", () => onChange(entry));
  element.querySelector("[data-discard-pending]").addEventListener("click", () => onDiscard(entry));
  if (outbox().dataset.order === "oldest") outbox().append(element);
  else outbox().prepend(element);
}

function fillIn(element, { title, body, pictures, poll }) {
  const heading = element.querySelector(".post-title");
  heading.textContent = title;
  heading.hidden = !title;
  element.querySelector(".post-body").textContent = body;
  element.querySelector(".pending-pictures").append(...pictures.map(thumbnail));
  const options = optionsOf(poll).map((textContent) => createElement("li", { textContent }));
  element.querySelector(".poll-preview").append(...options);
}

function thumbnail({ id, description }) {
  return createElement("img", { src: `/pictures/${id}/small.webp`, alt: description });
}

/** Shows the state of a post: being sent (null), or failed ({ error, isUnreachable }). */
export function updatePending({ key }, failure) {
  const element = elementOf(key);
  if (!element) return;
  element.classList.toggle("failed", failure !== null);
  element.classList.toggle("unreachable", failure?.isUnreachable ?? false);
  element.classList.toggle("refused", failure?.error instanceof Refused);
  element.querySelector("[data-change]").hidden = !document.getElementById("composer"); // not before activation
  element.querySelector(".pending-state").textContent = stateLabel(failure);
  element.querySelector(".pending-reason").textContent = explanation(failure);
}

function stateLabel(failure) {
  if (failure === null) return "Sending";
  return failure.isUnreachable ? "Not sent yet" : "Not sent";
}

function explanation(failure) {
  if (failure === null) return "";
  if (failure.isUnreachable) return "Saved on this device. It is sent when you are back online.";
  return errorMessage(failure.error);
}
