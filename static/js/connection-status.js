// Shows the state of the live connection: a dot with a word, and a line at the top of the page while it is offline.

import { CONNECTION_CHANGED, dispatch } from "./events.js";

const LABELS = { connecting: "Connecting", live: "Live", offline: "Offline", refused: "Not live" };
const OFFLINE_DELAY = 1_000; // ms before the offline line is shown: it must not flash when the user leaves the page

let current = "";
let timer = 0;

/** Shows a state, a key of LABELS. `detail` is a sentence that explains it. */
export function showConnectionState(state, detail = "") {
  if (current === state) return;
  current = state;
  clearTimeout(timer);
  timer = setTimeout(() => (document.body.dataset.connection = state), state === "offline" ? OFFLINE_DELAY : 0);
  dispatch(CONNECTION_CHANGED, state);
  const element = document.getElementById("connection");
  if (!element) return;
  element.dataset.state = state;
  element.title = detail;
  element.querySelector(".connection-text").textContent = LABELS[state];
}
