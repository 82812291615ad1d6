// The composer and the editor of a post: characters left, Ctrl/Cmd-Enter to submit, Escape to close an editor.

import { storeDraft } from "./drafts.js";

const COUNTDOWN_START = 500; // characters left from which on they are shown

export function initComposer() {
  document.addEventListener("input", onInput);
  document.addEventListener("keydown", onKeyDown);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const isPosted = ctx.sourceElement?.id === "composer" && ctx.response?.status < 400;
    if (isPosted) emptyComposer(ctx.sourceElement);
  });
  if (location.hash === "#composer-body") focusComposer();
}

function onInput({ target }) {
  if (!target.matches?.(".composer-body")) return;
  updateCount(target);
  target.form.querySelector(".composer-preview").replaceChildren(); // the preview is out of date
}

function onKeyDown({ key, ctrlKey, metaKey, target }) {
  if (key === "Enter" && (ctrlKey || metaKey)) target.closest?.(".composer, .editor")?.requestSubmit();
  if (key === "Escape") target.closest?.(".editor")?.querySelector("[data-close-editor]")?.click();
}

function onClick(event) {
  const editedPost = event.target.closest?.("[data-close-editor]")?.closest(".post");
  if (editedPost) {
    event.preventDefault();
    closeEditor(editedPost);
  }
  const isNewPostLink = event.target.closest?.(".rail-compose");
  const composesNewPost = document.getElementById("composer")?.elements.parent.value === "";
  if (isNewPostLink && composesNewPost) {
    event.preventDefault();
    focusComposer();
  }
}

/** Empties the composer after its content was posted, and gives it a new key. */
export function emptyComposer(composer) {
  for (const field of composer.querySelectorAll(".composer-title, .composer-body")) {
    field.value = "";
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const element of composer.querySelectorAll(".attached, .field-error")) element.remove();
  composer.elements.key.value = newKey();
  composer.querySelector(".composer-preview").replaceChildren();
  updateCount(composer.elements.body);
  storeDraft(composer);
}

/** Puts a post's text back into the composer, below the text that it contains. */
export function refillComposer(composer, { title, body, audience }) {
  const { elements } = composer;
  if (elements.title && !elements.title.value) elements.title.value = title;
  elements.body.value = [elements.body.value, body].filter(Boolean).join("\n\n");
  elements.audience.value = audience;
  elements.body.dispatchEvent(new Event("input", { bubbles: true }));
  focusComposer();
}

// Returns 128 random bits as hexadecimal digits. crypto.randomUUID() needs HTTPS.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function closeEditor(post) {
  post.querySelector(".editor").remove();
  if (post.matches(".gone")) post.remove();
  else post.querySelector(".post-actions a")?.focus();
}

function focusComposer() {
  document.getElementById("composer")?.scrollIntoView({ block: "center" });
  document.getElementById("composer-body")?.focus({ preventScroll: true });
}

function updateCount(field) {
  const left = Number(field.dataset.most) - [...field.value].length;
  const count = field.form.querySelector(".composer-count");
  count.textContent = countText(left);
  count.toggleAttribute("data-over", left < 0);
}

function countText(left) {
  if (left < 0) return `${-left} too many`;
  return left <= COUNTDOWN_START ? `${left} left` : "";
}
