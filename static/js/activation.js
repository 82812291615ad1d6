// The composer's place while an account waits to be activated. That may be done in another tab or on another device: the
// composer then takes its place by itself, with what was being written, and what was refused before is sent.

import { restoreDraft } from "./drafts.js";
import { flush } from "./outbox.js";

const PAUSE = 15_000; // ms between two looks, while the page is looked at

let looking = false;

const place = () => document.getElementById("activation");

export function awaitActivation() {
  if (!place()) return;
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  setInterval(look, PAUSE);
}

async function look() {
  if (!place() || document.hidden || looking) return;
  looking = true;
  try {
    const answer = await fetch("/accounts/activation/", { headers: { "HX-Request": "true" } });
    if (answer.status === 200) await makeRoom();
  } catch {
    // the next look tells
  }
  looking = false;
}

async function makeRoom() {
  if (!document.getElementById("composer") && !(await putComposer())) return;
  place()?.remove();
  flush();
}

// Asks this page for its composer alone; one that has none is left for one that has.
async function putComposer() {
  const answer = await fetch(location.href, { headers: { "HX-Request": "true", "HX-Source": "form#activation" } });
  const composer = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("composer");
  if (!answer.ok || !composer) return location.assign("/");
  htmx.swap({ sourceElement: place(), target: place(), swap: "afterend", text: composer.outerHTML });
  restoreDraft(document.getElementById("composer"));
  return true;
}
