// Likes and bookmarks. The HTML of a post is the same for all viewers; what the page's user has liked and bookmarked is
// listed apart from it, in `.reactions` elements, and shown on the posts by this module.

import { delegate } from "./dom.js";
import { CONTENT_ADDED, subscribe } from "./events.js";
import { htmlOf, request } from "./http.js";
import { showError } from "./notices.js";

const idsByKind = { like: new Set(), bookmark: new Set() }; // posts that the user has liked or bookmarked
const otherTabs = new BroadcastChannel("livefeed-marks"); // of the same user
const transfers = new Map(); // by kind and id: { address, kind, id, sentState, wantedState }

const kindOf = (button) => (button.matches(".like") ? "like" : "bookmark");
const idOf = (button) => Number(button.closest(".post").dataset.post);

/** Shows likes and bookmarks, and handles their buttons. */
export function initReactions() {
  readPressed();
  readReactions(document);
  subscribe(CONTENT_ADDED, (element) => readReactions(element ?? document));
  otherTabs.addEventListener("message", ({ data: { kind, id, on } }) => setState(kind, id, on));
  addEventListener("pagehide", sendUnsent);
  delegate("click", ".reaction", onClick);
}

function onClick(button, event) {
  if (button.closest(".sheet")) return; // the page without scripts
  event.preventDefault();
  const isSignedIn = document.body.dataset.viewer;
  if (isSignedIn) toggle(button);
  else location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
}

// A list that is restored after going back shows the user's likes and bookmarks already.
function readPressed() {
  for (const button of document.querySelectorAll('.post .reaction[aria-pressed="true"]')) {
    idsByKind[kindOf(button)].add(idOf(button));
  }
}

// Reads the lists in new HTML, then updates all buttons in it.
function readReactions(root) {
  for (const element of root.querySelectorAll(".reactions")) {
    for (const [kind, ids] of Object.entries(idsByKind)) {
      for (const id of element.dataset[kind].split(" ").filter(Boolean)) ids.add(Number(id));
    }
    element.remove();
  }
  root.querySelectorAll(".post .reaction").forEach(updateButton);
}

function updateButton(button) {
  button.setAttribute("aria-pressed", idsByKind[kindOf(button)].has(idOf(button)));
}

// Shows the new state at once and sends it. While a request is on its way the state to send next is only remembered, so
// that the server ends with the state that the user chose last.
function toggle(button) {
  const kind = kindOf(button);
  const id = idOf(button);
  const wantedState = !idsByKind[kind].has(id);
  setStateAndCount(kind, id, wantedState);
  const transfer = transfers.get(`${kind} ${id}`);
  if (transfer) transfer.wantedState = wantedState;
  else send({ address: button.formAction, kind, id, sentState: null, wantedState });
}

async function send(transfer) {
  const { address, kind, id } = transfer;
  transfers.set(`${kind} ${id}`, transfer);
  try {
    while (transfer.sentState !== transfer.wantedState) {
      transfer.sentState = transfer.wantedState;
      await htmlOf(await requestState(address, transfer.sentState));
    }
    otherTabs.postMessage({ kind, id, on: transfer.sentState });
  } catch (error) {
    const isStillShown = transfer.wantedState === transfer.sentState;
    if (isStillShown) setStateAndCount(kind, id, !transfer.sentState);
    showError(error);
  } finally {
    transfers.delete(`${kind} ${id}`);
  }
}

const requestState = (address, isOn) => request(isOn ? "POST" : "DELETE", address);

// Called when the user leaves the page: no request can follow the one that is on its way.
function sendUnsent() {
  for (const { address, sentState, wantedState } of transfers.values()) {
    if (sentState !== wantedState) requestState(address, wantedState);
  }
}

function setState(kind, id, isOn) {
  if (isOn) idsByKind[kind].add(id);
  else idsByKind[kind].delete(id);
  buttonsOf(kind, id).forEach(updateButton);
}

function setStateAndCount(kind, id, isOn) {
  setState(kind, id, isOn);
  for (const button of buttonsOf(kind, id)) {
    const count = button.querySelector("[data-count]");
    if (count) count.textContent = Math.max(0, Number(count.textContent) + (isOn ? 1 : -1)) || "";
  }
}

const buttonsOf = (kind, id) => document.querySelectorAll(`#post-${id} .${kind}`);
