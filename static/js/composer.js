// The composer and the editor of a post: characters left, Ctrl/Cmd-Enter to submit, Escape to close an editor.

import { delegate } from "./dom.js";
import { clearPoll, restorePoll } from "./poll-fields.js";
import { resetAudience, storeDraft } from "./drafts.js";

const COUNTDOWN_START = 500; // characters left from which on they are shown

/** Handles keys and clicks of the composer and of editors. */
export function initComposer() {
  delegate("input", ".composer-body", updateCount);
  delegate("input", ".composer-title, .composer-body, .attached-text, .poll-field-text", clearPreview);
  document.addEventListener("keydown", onKeyDown);
  delegate("click", ".post [data-close-editor]", onCloseClick);
  delegate("click", ".rail-compose", onNewPostClick);
  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    const isPosted = ctx.sourceElement?.id === "composer" && ctx.response?.status < 400;
    if (isPosted) emptyComposer(ctx.sourceElement);
  });
  if (location.hash === "#composer-body") focusComposer();
}

// A preview is out of date as soon as the text or a picture changes.
function clearPreview(field) {
  field.form.querySelector(".composer-preview").replaceChildren();
}

function onKeyDown({ key, ctrlKey, metaKey, target }) {
  if (key === "Enter" && (ctrlKey || metaKey)) target.closest?.(".composer, .editor")?.requestSubmit();
  if (key === "Escape") target.closest?.(".editor")?.querySelector("[data-close-editor]")?.click();
}

function onCloseClick(button, event) {
  event.preventDefault();
  closeEditor(button.closest(".post"));
}

// The link leads to the home page's composer, unless this page has one for new posts.
function onNewPostClick(link, event) {
  if (document.getElementById("composer")?.elements.parent.value !== "") return;
  event.preventDefault();
  focusComposer();
}

/** Empties the composer after its content was posted, and gives it a new key. */
export function emptyComposer(composer) {
  for (const field of composer.querySelectorAll(".composer-title, .composer-body")) {
    field.value = "";
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const element of composer.querySelectorAll(".attached, .field-error")) element.remove();
  clearPoll(composer);
  composer.elements.key.value = newKey();
  resetAudience(composer);
  composer.querySelector(".composer-preview").replaceChildren();
  updateCount(composer.elements.body);
  storeDraft(composer);
}

/** Puts a post's text back into the composer, below the text that it contains. */
export function refillComposer(composer, { title, body, audience, poll }) {
  const { elements } = composer;
  if (elements.title && !elements.title.value) elements.title.value = title;
  elements.body.value = [elements.body.value, body].filter(Boolean).join("\n\n");
  elements.audience.value = audience;
  restorePoll(composer, poll);
  elements.body.dispatchEvent(new Event("input", { bubbles: true }));
  focusComposer();
}

// Returns 128 random bits as hexadecimal digits. crypto.randomUUID() needs HTTPS.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps a deleted post in the list while its editor is open, so that the author can copy the text. */
export function keepEditorOfDeleted(post) {
  if (post.matches(".deleted")) return;
  post.classList.add("deleted");
  const editor = post.querySelector(".editor");
  const message = "This post was deleted in the meantime. Your text is still here to copy.";
  editor.querySelector("[type=submit]").disabled = true;
  editor.insertAdjacentHTML("afterbegin", `<p class="field-error" role="alert">${message}</p>`);
}

function closeEditor(post) {
  post.querySelector(".editor").remove();
  if (post.matches(".deleted")) post.remove();
  else post.querySelector(".post-actions .edit").focus();
}

function focusComposer() {
  document.getElementById("composer")?.scrollIntoView({ block: "center" });
  document.getElementById("composer-body")?.focus({ preventScroll: true });
}

function updateCount(field) {
  const left = Number(field.dataset.maxLength) - [...field.value].length;
  const count = field.form.querySelector(".composer-count");
  count.textContent = countText(left);
  count.toggleAttribute("data-over", left < 0);
}

function countText(left) {
  if (left < 0) return `${-left} too many`;
  return left <= COUNTDOWN_START ? `${left} left` : "";
}
