// Likes and bookmarks. Posts look the same to everybody; what this reader has marked the page says apart from them.

import { answered, ask, sentenceOf } from "./ask.js";
import { say } from "./notices.js";

const marked = { like: new Set(), bookmark: new Set() };
const tabs = new BroadcastChannel("livefeed-marks"); // this reader's other pages
const telling = new Map(); // what the server is being told, by kind and id: { address, kind, id, on, wanted }
const kindOf = (button) => (button.matches(".like") ? "like" : "bookmark");
const request = ({ address, on }) => [on ? "POST" : "DELETE", address];
const idOf = (button) => Number(button.closest(".post").dataset.post);

export function keepMarks() {
  learn(document);
  document.addEventListener("livefeed:arrived", (event) => learn(event.detail ?? document));
  tabs.addEventListener("message", ({ data: { kind, id, on } }) => mark(kind, id, on));
  addEventListener("pagehide", () =>
    telling.forEach((each) => each.wanted !== each.on && ask(...request({ ...each, on: each.wanted }))),
  );
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
    for (const kind of Object.keys(marked))
      list.dataset[kind]
        .split(" ")
        .filter(Boolean)
        .forEach((id) => marked[kind].add(Number(id)));
    list.remove();
  }
  root.querySelectorAll(".post .mark").forEach(show);
}

function show(button) {
  button.setAttribute("aria-pressed", marked[kindOf(button)].has(idOf(button)));
}

// Shown at once, told to the server, and taken back if that fails. One thing is told after the other: what was pressed
// last is what the server knows in the end.
function toggle(button) {
  const kind = kindOf(button);
  const id = idOf(button);
  const on = !marked[kind].has(id);
  set(kind, id, on);
  const told = telling.get(`${kind} ${id}`);
  if (told) told.wanted = on;
  else tell({ address: button.formAction, kind, id, on, wanted: on });
}

async function tell(each) {
  const { kind, id } = each;
  telling.set(`${kind} ${id}`, each);
  try {
    do {
      each.on = each.wanted;
      await answered(await ask(...request(each)));
    } while (each.on !== each.wanted);
    tabs.postMessage({ kind, id, on: each.on });
  } catch (error) {
    if (each.wanted === each.on) set(kind, id, !each.on);
    say(sentenceOf(error));
  } finally {
    telling.delete(`${kind} ${id}`);
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
