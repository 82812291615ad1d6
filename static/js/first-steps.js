// The first steps of a new user: each is ticked once it is done on this page. The server ticks those done before.

import { FOLLOW_CHANGED, LIST_CHANGED, subscribe } from "./events.js";
import { allPosts, isOwnPost } from "./post-list.js";

const list = () => document.getElementById("first-steps");
const step = (name) => list().querySelector(`[data-step="${name}"]`);

/** Ticks the steps from now on. */
export function initFirstSteps() {
  if (!list()) return;
  subscribe(FOLLOW_CHANGED, () => tick("follow", document.querySelector('.follow[data-follows="true"]') !== null));
  subscribe(LIST_CHANGED, () => allPosts().some(isOwnPost) && tick("post", true));
}

function tick(name, isDone) {
  step(name)?.toggleAttribute("data-done", isDone);
  step(name)?.querySelector(".step-done").toggleAttribute("hidden", !isDone);
  const steps = [...list().querySelectorAll("[data-step]")];
  const count = steps.filter((each) => each.matches("[data-done]")).length;
  list().querySelector(".steps-done").textContent =
    count === steps.length ? "All done" : `${count} of ${steps.length} done`;
}
