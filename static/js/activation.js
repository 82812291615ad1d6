// The composer's place while the user has not confirmed the email address. The user may do so in another tab or on
// another device: the composer then appears by itself, with the draft, and pending posts are sent.

import { parseHtml, swapHtml } from "./dom.js";
import { restoreDraft } from "./drafts.js";
import { fetchPart } from "./http.js";
import { sendAll } from "./outbox.js";

const CHECK_INTERVAL = 15_000; // ms between two checks while the page is visible

let isChecking = false;

const placeholder = () => document.getElementById("activation");

/** Checks for the confirmation every 15 s, and whenever the page becomes visible. */
export function initActivation() {
  if (!placeholder()) return;
  document.addEventListener("visibilitychange", check);
  addEventListener("focus", check);
  setInterval(check, CHECK_INTERVAL);
}

async function check() {
  if (!placeholder() || document.hidden || isChecking) return;
  isChecking = true;
  try {
    const response = await fetch("/accounts/activation/", { headers: { "HX-Request": "true" } });
    if (response.status === 200) await onActivated();
  } catch {
    // The next check retries.
  }
  isChecking = false;
}

async function onActivated() {
  const hasComposer = document.getElementById("composer") || (await insertComposer());
  if (!hasComposer) return;
  placeholder()?.remove();
  sendAll();
}

// Requests the page's composer and returns true; leaves for the home page if this page has none.
async function insertComposer() {
  const response = await fetchPart(location.href, "form#activation");
  const composer = parseHtml(await response.text()).getElementById("composer");
  if (!response.ok || !composer) {
    location.assign("/");
    return false;
  }
  swapHtml(placeholder(), "afterend", composer.outerHTML);
  restoreDraft(document.getElementById("composer"));
  return true;
}
