// "Ada is writing a reply": signals that the user is writing one, and shows who else is. Only on the page of a post,
// and only if the user has not switched it off: else the page has no line for it.

import { createElement, delegate, parseHtml } from "./dom.js";
import { request } from "./http.js";

const SIGNAL_INTERVAL = 3_000; // ms between two signals
const SHOWN_FOR = 6_000; // ms for which a signal is shown
const LATE_SIGNALS = 1_000; // ms after a reply during which signals of its author are ignored: they are older
const MAX_NAMES = 2; // writers who are named; more are counted

const writers = new Map(); // name and timer by the id of the writer
const repliedAt = new Map(); // time in ms by the id of the author
let signalledAt = -Infinity; // time in ms

const line = () => document.getElementById("writing");

/** Signals that the user is writing a reply while text is typed into the composer. */
export function initWriting() {
  if (line()) delegate("input", ".composer .composer-body", signal);
}

/** Shows the writer of a `writing` frame, and removes the author of a reply that has arrived. */
export function receiveWriting(frame) {
  if (!line()) return;
  if (frame.type === "writing" && frame.post === Number(line().dataset.post)) addWriter(frame);
  else if (frame.type === "post.created") finish(authorOf(frame.html));
}

function signal({ value, form: { elements } }) {
  const isDue = performance.now() - signalledAt >= SIGNAL_INTERVAL;
  if (!isDue || !value.trim() || !elements.parent?.value) return;
  signalledAt = performance.now();
  const body = new FormData();
  body.set("audience", elements.audience.value);
  request("POST", `/posts/${elements.parent.value}/writing/`, body).catch(() => {}); // the next signal is sent soon
}

function addWriter({ author, name }) {
  if (performance.now() - repliedAt.get(author) < LATE_SIGNALS) return;
  clearTimeout(writers.get(author)?.timer);
  writers.set(author, { name, timer: setTimeout(() => removeWriter(author), SHOWN_FOR) });
  show();
}

function finish(author) {
  repliedAt.set(author, performance.now());
  removeWriter(author);
}

function removeWriter(author) {
  clearTimeout(writers.get(author)?.timer);
  writers.delete(author);
  show();
}

function authorOf(html) {
  return Number(parseHtml(html).querySelector(".post").dataset.author);
}

// The names are shortened where they do not fit, the rest of the sentence never.
function show() {
  const names = [...writers.values()].map(({ name }) => name);
  if (!names.length) return line().replaceChildren();
  const isCounted = names.length > MAX_NAMES;
  const subject = isCounted ? `${names.length} people` : names.join(" and ");
  const predicate = names.length === 1 ? "is writing a reply" : "are writing";
  line().replaceChildren(createElement("bdi", { className: "writing-names", textContent: subject }), ` ${predicate}`);
}
