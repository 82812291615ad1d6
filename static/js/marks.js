// Likes and bookmarks. Posts look the same to everybody; what this reader has marked the page says apart from them.

import { say } from "./notices.js";

const marked = { like: new Set(), bookmark: new Set() };
const tabs = new BroadcastChannel("livefeed-marks"); // this reader's other pages
let sending = Promise.resolve(); // one after the other: what was pressed last is what the server is told last
const kindOf = (button) => (button.matches(".like") ? "like" : "bookmark");
const idOf = (button) => Number(button.closest(".post").dataset.post);

export function keepMarks() {
  learn(document);
  document.addEventListener("livefeed:arrived", (event) => learn(event.detail ?? document));
  tabs.addEventListener("message", ({ data: { kind, id, on } }) => mark(kind, id, on));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".mark");
    if (!button || button.closest(".sheet")) return;
    event.preventDefault();
    if (document.getElementById("act")) toggle(button);
    else location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
  });
}

// Takes in what the server says is marked, then shows it on every post.
function learn(root) {
  for (const list of root.querySelectorAll(".marks")) {
    for (const kind of Object.keys(marked)) list.dataset[kind].split(" ").filter(Boolean).forEach((id) => marked[kind].add(Number(id)));
    list.remove();
  }
  root.querySelectorAll(".post .mark").forEach(show);
}

function show(button) {
  button.setAttribute("aria-pressed", marked[kindOf(button)].has(idOf(button)));
}

// Shown at once, told to the server, and taken back if that fails.
function toggle(button) {
  const kind = kindOf(button);
  const id = idOf(button);
  const on = !marked[kind].has(id);
  set(kind, id, on);
  sending = sending.then(() => send(button.formAction, { kind, id, on }));
}

async function send(address, { kind, id, on }) {
  try {
    const answer = await fetch(address, {
      method: on ? "POST" : "DELETE",
      headers: { "HX-Request": "true", "X-CSRFToken": document.querySelector("#act [name=csrfmiddlewaretoken]").value },
    });
    if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
    else if (answer.ok) tabs.postMessage({ kind, id, on });
    else throw new Error(answer.status === 404 ? "This post does not exist, or no longer does." : "");
  } catch (error) {
    set(kind, id, !on);
    say(error.message && !(error instanceof TypeError) ? error.message : "That did not reach the server. Try again in a moment.");
  }
}

function mark(kind, id, on) {
  marked[kind][on ? "add" : "delete"](id);
  document.querySelectorAll(`#post-${id} .${kind}`).forEach(show);
}

function set(kind, id, on) {
  mark(kind, id, on);
  for (const button of document.querySelectorAll(`#post-${id} .${kind}`)) {
    const count = button.querySelector("[data-count]");
    if (count) count.textContent = Math.max(0, Number(count.textContent) + (on ? 1 : -1)) || "";
  }
}
