// Comforts of the composer and the editor: a count near the limit, Ctrl/Cmd-Enter, closing an editor.

import { keepDraft } from "./drafts.js";

const NEAR = 500; // characters left from which on they are counted down

export function keepComposers() {
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.(".composer-body")) return;
    count(event.target);
    event.target.form.querySelector(".composer-preview").replaceChildren(); // it shows another text than this by now
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey))
      event.target.closest?.(".composer, .editor")?.requestSubmit();
    if (event.key === "Escape") event.target.closest?.(".editor")?.querySelector("[data-close-editor]")?.click();
  });
  document.addEventListener("click", (event) => {
    const closer = event.target.closest?.("[data-close-editor]");
    const post = closer?.closest(".post");
    if (post) {
      event.preventDefault();
      close(post);
    }
    if (event.target.closest?.(".rail-compose") && document.getElementById("composer")?.elements.parent.value === "") {
      event.preventDefault();
      focusComposer();
    }
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const { sourceElement, response } = event.detail.ctx;
    if (sourceElement?.id === "composer" && response?.status < 400) emptyComposer(sourceElement);
  });
  if (location.hash === "#composer-body") focusComposer();
}

// The text was taken: ready for the next one, under a key of its own.
export function emptyComposer(composer) {
  for (const field of composer.querySelectorAll(".composer-title, .composer-body")) {
    field.value = "";
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  composer.querySelectorAll(".attached").forEach((item) => item.remove());
  composer.elements.key.value = newKey();
  composer.querySelector(".composer-preview").replaceChildren();
  composer.querySelectorAll(".field-error").forEach((error) => error.remove());
  count(composer.elements.body);
  keepDraft(composer);
}

// Puts a text back, below what stands there by now.
export function refill(composer, { title, body, audience }) {
  if (composer.elements.title && !composer.elements.title.value) composer.elements.title.value = title;
  composer.elements.body.value = [composer.elements.body.value, body].filter(Boolean).join("\n\n");
  composer.elements.audience.value = audience;
  composer.elements.body.dispatchEvent(new Event("input", { bubbles: true }));
  focusComposer();
}

const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function close(post) {
  post.querySelector(".editor").remove();
  if (post.matches(".gone")) post.remove();
  else post.querySelector(".post-actions a")?.focus();
}

function focusComposer() {
  document.getElementById("composer")?.scrollIntoView({ block: "center" });
  document.getElementById("composer-body")?.focus({ preventScroll: true });
}

function count(field) {
  const left = Number(field.dataset.most) - [...field.value].length;
  const place = field.form.querySelector(".composer-count");
  place.textContent = left < 0 ? `${-left} too many` : left <= NEAR ? `${left} left` : "";
  place.toggleAttribute("data-over", left < 0);
}
