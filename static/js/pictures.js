// Pictures of a post in the composer or an editor: chosen, dropped or pasted. Each is uploaded at once, by itself; the
// form then contains its id. And the preview of a new profile picture.

import { cloneTemplate, createElement, delegate, parseHtml } from "./dom.js";
import { Refused, csrfToken, errorMessage, htmlOf, request, requestHtml } from "./http.js";

const MAX_PICTURES = 4; // of one post
const MAX_BYTES = 10 * 1024 * 1024; // of one picture
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif"];

const formOf = (element) => element.closest?.(".composer, .editor");
const pictureList = (form) => form.querySelector(".attached-list");

/** Handles chosen, dropped and pasted pictures, and their buttons. */
export function initPictures() {
  delegate("change", "[data-pictures]", (field) => {
    addFiles(formOf(field), [...field.files]);
    field.value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("paste", (event) => onTransfer(event, event.clipboardData));
  document.addEventListener("drop", (event) => onTransfer(event, event.dataTransfer));
  document.addEventListener("dragenter", onDrag);
  document.addEventListener("dragover", onDrag);
  document.addEventListener("dragleave", (event) => event.relatedTarget || highlightDropTarget(null));
  delegate("click", "[data-remove-picture]", (button) => remove(button.closest(".attached")));
  delegate("click", "[data-retry-picture]", (button) => button.closest(".attached").dispatchEvent(new Event("retry")));
  delegate("change", "[data-avatar]", previewAvatar);
}

/** Returns the uploaded pictures of a form: [{ id, description }]. */
export function picturesOf(form) {
  const items = [...form.querySelectorAll(".attached[data-picture]")];
  return items.map((item) => ({ id: item.dataset.picture, description: item.querySelector(".attached-text").value }));
}

/** Puts pictures that were uploaded before back into a form. */
export async function restorePictures(form, pictures) {
  for (const { id, description } of pictures) {
    try {
      append(form, itemFrom(await requestHtml("GET", `/pictures/${id}/`), description));
    } catch {
      // The server has deleted it: it was not posted in time.
    }
  }
}

/** Removes all pictures of a form. */
export const removePictures = (form) => form.querySelectorAll(".attached").forEach(remove);

// --- Choosing files ---

function onTransfer(event, transfer) {
  highlightDropTarget(null);
  const form = formOf(event.target);
  if (!form || !transfer?.files.length) return;
  event.preventDefault();
  addFiles(form, [...transfer.files]);
}

function onDrag(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  const form = formOf(event.target);
  highlightDropTarget(form);
  if (form) event.preventDefault(); // allows the drop
}

function highlightDropTarget(form) {
  for (const element of document.querySelectorAll(".drop-target"))
    element.classList.toggle("drop-target", element === form);
  form?.classList.add("drop-target");
}

function addFiles(form, files) {
  for (const file of files) {
    const item = cloneTemplate("arriving-picture");
    item.querySelector("img").src = URL.createObjectURL(file);
    item.addEventListener("retry", () => send(form, file, item));
    pictureList(form).append(item);
    send(form, file, item);
  }
}

// --- Uploading ---

async function send(form, file, item) {
  showState(item, null);
  onChanged(form);
  try {
    validate(form, file);
    const html = await upload(file, item);
    if (item.isConnected) replace(item, itemFrom(html));
  } catch (error) {
    showState(item, error);
  }
  onChanged(form);
}

// Throws the refusal with which the server would respond, without uploading the file.
function validate(form, file) {
  if (pictureList(form).children.length > MAX_PICTURES)
    throw new Refused(`A post can have up to ${MAX_PICTURES} pictures.`);
  if (!TYPES.includes(file.type)) {
    throw new Refused("Only JPEG, PNG, WebP and GIF pictures can be posted, and this file is none of them.");
  }
  if (file.size > MAX_BYTES) throw new Refused(`This file is too large. The limit is ${MAX_BYTES / 1024 / 1024} MB.`);
}

// Shows the state of an upload: in progress (null), or failed with an error.
function showState(item, error) {
  const isFailed = error !== null;
  const message = item.querySelector(".attached-message");
  item.querySelector("progress").hidden = isFailed;
  item.querySelector("[data-retry-picture]").hidden = !isFailed || error instanceof Refused;
  message.hidden = !isFailed;
  message.textContent = isFailed ? errorMessage(error) : "";
}

// Uploads a file and returns the server's HTML for it. Moves the <progress> of `item`; the event "removed" on `item`
// aborts the upload. By XMLHttpRequest, since fetch does not report the progress of an upload.
function upload(file, item) {
  const xhr = new XMLHttpRequest();
  xhr.open("POST", "/pictures/");
  xhr.setRequestHeader("HX-Request", "true");
  xhr.setRequestHeader("X-CSRFToken", csrfToken());
  xhr.upload.onprogress = ({ loaded, total }) => (item.querySelector("progress").value = loaded / total);
  item.addEventListener("removed", () => xhr.abort());
  return new Promise((resolve, reject) => {
    xhr.onerror = () => reject(new Error("The upload failed."));
    xhr.onload = () => resolve(htmlOf(new Response(xhr.responseText, { status: xhr.status })));
    xhr.send(formWith(file));
  });
}

function formWith(file) {
  const form = new FormData();
  form.append("file", file);
  return form;
}

// --- In the form ---

// Returns the server's element for an uploaded picture, with its field for a description.
function itemFrom(html, description = "") {
  const item = parseHtml(html).querySelector(".attached");
  item.querySelector(".attached-text").value = description;
  return item;
}

function append(form, item) {
  pictureList(form).append(item);
  onChanged(form);
}

function replace(uploading, item) {
  const form = formOf(uploading);
  URL.revokeObjectURL(uploading.querySelector("img").src);
  uploading.replaceWith(item);
  onChanged(form);
}

// Deletes a picture of the composer from the server. One of an editor is deleted when the editor's form is saved.
function remove(item) {
  const form = formOf(item);
  const { picture } = item.dataset;
  item.dispatchEvent(new Event("removed")); // aborts its upload
  item.remove();
  if (picture && form.matches(".composer")) request("DELETE", `/pictures/${picture}/`).catch(() => {});
  onChanged(form);
  form.querySelector("[data-pictures]").focus();
}

// Disables the submit button during uploads. The input event lets the draft be stored.
function onChanged(form) {
  const isUploading = form.querySelector(".attached-progress:not([hidden])") !== null;
  form.querySelector("[type=submit]").disabled = isUploading;
  form.querySelector(".composer-body").dispatchEvent(new Event("input", { bubbles: true }));
}

// --- Profile picture ---

function previewAvatar(field) {
  if (!field.files.length) return;
  const src = URL.createObjectURL(field.files[0]);
  const preview = createElement("img", { className: "avatar", alt: "", src });
  field.closest(".avatar-field").querySelector(".avatar").replaceWith(preview);
}
