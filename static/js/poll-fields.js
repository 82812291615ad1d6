// The fields of a poll in the composer. Options can be removed; the style sheet shows one empty field after the last.

import { delegate } from "./dom.js";

const MIN_OPTIONS = 2;

const panel = (composer) => composer.querySelector(".poll-fields");
const namedFields = (composer) => [...panel(composer).querySelectorAll("[name]")];
const textFields = (composer) => [...panel(composer).querySelectorAll(".poll-field-text")];

/** Handles the buttons that remove an option or the poll. */
export function initPollFields() {
  delegate("click", "[data-remove-option]", removeOption);
  delegate("click", "[data-remove-poll]", removePoll);
  document.addEventListener("toggle", onToggle, true); // which does not bubble
}

/** Returns the values of the fields by name, as the server expects them; null without options. */
export function pollOf(composer) {
  if (textFields(composer).every((field) => !field.value.trim())) return null;
  const sent = namedFields(composer).filter((field) => field.type !== "checkbox" || field.checked);
  return Object.fromEntries(sent.map((field) => [field.name, field.value]));
}

/** Returns the texts of the options of a poll that `pollOf` has returned. */
export function optionsOf(poll) {
  const options = Object.entries(poll ?? {}).filter(([name]) => name.startsWith("poll-option"));
  return options.map(([, text]) => text.trim()).filter(Boolean);
}

/** True if the server will accept the options. */
export function isValidPoll(poll) {
  const options = optionsOf(poll).map((text) => text.toLowerCase());
  return options.length >= MIN_OPTIONS && new Set(options).size === options.length;
}

/** Puts a poll that `pollOf` has returned back into the fields. */
export function restorePoll(composer, poll) {
  if (!poll) return;
  for (const field of namedFields(composer)) {
    if (field.type === "checkbox") field.checked = field.name in poll;
    else field.value = poll[field.name] ?? "";
  }
  panel(composer).open = true;
}

/** Empties the fields and hides them. */
export function clearPoll(composer) {
  for (const field of textFields(composer)) field.value = "";
  for (const field of panel(composer).querySelectorAll("[type=checkbox]")) field.checked = false;
  for (const option of panel(composer).querySelectorAll("option")) option.selected = option.defaultSelected;
  panel(composer).open = false;
}

// Removes an option: those after it move up.
function removeOption(button) {
  const fields = textFields(button.form);
  const removed = fields.indexOf(button.previousElementSibling);
  const texts = fields.map((field) => field.value).toSpliced(removed, 1);
  fields.forEach((field, index) => (field.value = texts[index] ?? ""));
  fields[removed].focus();
  notifyChange(fields[removed]);
}

function removePoll(button) {
  clearPoll(button.form);
  panel(button.form).querySelector("summary").focus();
  notifyChange(textFields(button.form)[0]);
}

// The input event lets the draft be stored.
const notifyChange = (element) => element.dispatchEvent(new Event("input", { bubbles: true }));

function onToggle({ target }) {
  if (target.matches(".poll-fields[open]") && !pollOf(target.closest("form"))) {
    target.querySelector(".poll-field-text").focus();
  }
}
