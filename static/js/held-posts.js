// Holds a post or an edit while its pictures are not all added, and asks whether to send it without them.

import { cloneTemplate, delegate } from "./dom.js";
import { failedPictures, formOf, isUploading, removePicture } from "./pictures.js";

/** Holds submissions of the composer and of editors. */
export function initHeldPosts() {
  document.addEventListener("submit", onSubmit, true);
  delegate("input", ".composer, .editor", (form) => question(form)?.remove()); // also when a picture is removed
  delegate("click", "[data-send-without]", (button) => sendWithout(formOf(button)));
  delegate("click", "[data-keep-editing]", (button) => keepEditing(formOf(button)));
}

const question = (form) => form.querySelector(".held");

function onSubmit(event) {
  const form = formOf(event.target);
  if (!form) return;
  const count = failedPictures(form).length;
  if (!count && !isUploading(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (count && !isUploading(form)) ask(form, count);
}

function ask(form, count) {
  const element = cloneTemplate("held-post");
  const pictures = count === 1 ? "1 picture was" : `${count} pictures were`;
  const action = `${form.querySelector("[type=submit]").textContent.trim()} without ${count === 1 ? "it" : "them"}`;
  element.querySelector(".held-question").textContent = `${pictures} not added. ${action}?`;
  element.querySelector("[data-send-without]").textContent = action;
  question(form)?.remove();
  form.querySelector(".composer-foot").before(element);
  element.querySelector("[data-send-without]").focus();
}

function sendWithout(form) {
  failedPictures(form).forEach(removePicture);
  form.querySelector("[type=submit]").focus(); // as if it had been pressed
  form.requestSubmit();
}

function keepEditing(form) {
  question(form).remove();
  form.querySelector(".composer-body").focus();
}
