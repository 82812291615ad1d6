// Drafts: the composer's content is stored in the browser until it is posted, one draft for each user and place.

import { delegate } from "./dom.js";
import { clearPoll, pollOf, restorePoll } from "./poll-fields.js";
import { picturesOf, removePictures, restorePictures } from "./pictures.js";
import { local } from "./storage.js";

const storageKey = ({ dataset, elements }) => `livefeed-draft:${dataset.author}:${elements.parent.value || "new"}`;
const textFields = (composer) => [...composer.querySelectorAll(".composer-title, .composer-body")];

/** Restores the draft, and stores the composer's content whenever it changes. */
export function initDrafts() {
  const composer = document.getElementById("composer");
  if (composer) restoreDraft(composer);
  document.addEventListener("input", ({ target }) => target.form?.id === "composer" && storeDraft(target.form));
  delegate("click", "[data-discard]", (button) => discardDraft(button.form));
}

/** Chooses the audience that new posts have by default: the choice for one post does not apply to the next. */
export function resetAudience({ elements: { audience } }) {
  if (audience.dataset.default) audience.value = audience.dataset.default;
}

/** Stores the composer's content, or removes the draft if the composer is empty. */
export function storeDraft(composer) {
  const fields = textFields(composer);
  const pictures = picturesOf(composer);
  const poll = pollOf(composer);
  const isEmpty = !pictures.length && !poll && fields.every((field) => !field.value.trim());
  if (isEmpty) {
    composer.querySelector("[data-discard]").hidden = true;
    local.remove(storageKey(composer));
    return;
  }
  const texts = Object.fromEntries(fields.map((field) => [field.name, field.value]));
  local.write(storageKey(composer), { ...texts, pictures, poll, audience: composer.elements.audience.value });
}

/** Fills an empty composer with its draft. Content from the server is newer than any draft and stays. */
export function restoreDraft(composer) {
  const draft = local.read(storageKey(composer));
  const fields = textFields(composer);
  const isEmpty = fields.every((field) => !field.value) && !picturesOf(composer).length && !pollOf(composer);
  if (!draft || !isEmpty) return;
  for (const field of fields) field.value = draft[field.name] ?? "";
  composer.elements.audience.value = draft.audience;
  restorePictures(composer, draft.pictures ?? []);
  restorePoll(composer, draft.poll);
  composer.querySelector("[data-discard]").hidden = false;
}

function discardDraft(composer) {
  for (const field of textFields(composer)) field.value = "";
  resetAudience(composer);
  removePictures(composer);
  clearPoll(composer);
  storeDraft(composer);
  composer.querySelector(".composer-body").focus();
}
