// The first steps of a new user: each is ticked once it is done on this page. The server ticks those done before, and
// offers no users to follow then.

import { FOLLOW_CHANGED, LIST_CHANGED, subscribe } from "./events.js";
import { allPosts, isOwnPost } from "./post-list.js";

const list = () => document.getElementById("first-steps");
const step = (name) => list().querySelector(`[data-step="${name}"]`);

/** Ticks the steps from now on. */
export function initFirstSteps() {
  if (!list()) return;
  if (list().querySelector(".first-steps-users")) subscribe(FOLLOW_CHANGED, () => tick("follow", followsAny()));
  subscribe(LIST_CHANGED, () => allPosts().some(isOwnPost) && tick("post", true));
}

const followsAny = () => document.querySelector('.follow[data-follows="true"]') !== null;

function tick(name, isDone) {
  if (!list()) return; // hidden meanwhile
  step(name)?.toggleAttribute("data-done", isDone);
  step(name)?.querySelector(".step-done").toggleAttribute("hidden", !isDone);
  const steps = [...list().querySelectorAll("[data-step]")];
  const count = steps.filter((each) => each.matches("[data-done]")).length;
  list().querySelector(".steps-done").textContent =
    count === steps.length ? "All done" : `${count} of ${steps.length} done`;
}
