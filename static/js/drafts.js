// What is being written is kept in this browser, one draft for each person and place, until it is posted.

import { bringBack, picturesOf, removePictures } from "./pictures.js";

const keyOf = (composer) => `livefeed-draft:${composer.dataset.author}:${composer.elements.parent.value || "new"}`;
const fieldsOf = (composer) => [...composer.querySelectorAll(".composer-title, .composer-body")];

export function keepDrafts() {
  const composer = document.getElementById("composer");
  if (composer) restoreDraft(composer);
  document.addEventListener("input", (event) => event.target.form?.id === "composer" && keepDraft(event.target.form));
  document.addEventListener("click", (event) => {
    const discard = event.target.closest?.("[data-discard]");
    if (!discard) return;
    fieldsOf(discard.form).forEach((field) => (field.value = ""));
    removePictures(discard.form);
    keepDraft(discard.form);
    discard.form.querySelector(".composer-body").focus();
  });
}

// Keeps what stands in the composer now; nothing if that is nothing.
export function keepDraft(composer) {
  const texts = fieldsOf(composer).map((field) => [field.name, field.value]);
  const pictures = picturesOf(composer);
  const isEmpty = !pictures.length && texts.every(([, text]) => !text.trim());
  if (isEmpty) composer.querySelector("[data-discard]").hidden = true;
  try {
    if (isEmpty) localStorage.removeItem(keyOf(composer));
    else
      localStorage.setItem(
        keyOf(composer),
        JSON.stringify({ ...Object.fromEntries(texts), pictures, audience: composer.elements.audience.value }),
      );
  } catch {
    // a browser that keeps nothing, or has no room
  }
}

// A text that the server gave back is newer than any draft.
export function restoreDraft(composer) {
  let draft = null;
  try {
    draft = JSON.parse(localStorage.getItem(keyOf(composer)));
  } catch {
    // none that could be read
  }
  const fields = fieldsOf(composer);
  if (!draft || fields.some((field) => field.value) || picturesOf(composer).length) return;
  for (const field of fields) field.value = draft[field.name] ?? "";
  composer.elements.audience.value = draft.audience;
  bringBack(composer, draft.pictures ?? []);
  composer.querySelector("[data-discard]").hidden = false;
}
