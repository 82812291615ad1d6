// Pictures of a post in the composer or an editor: chosen, dropped or pasted. Each is uploaded at once, by itself; the
// form then contains its id. And the preview of a new profile picture.

import { cloneTemplate, createElement, delegate, parseHtml } from "./dom.js";
import { CONNECTION_CHANGED, subscribe } from "./events.js";
import { Refused, errorMessage, request, requestHtml } from "./http.js";
import { inTurn, uploadPicture } from "./picture-upload.js";

const MAX_PICTURES = 4; // of one post
const MAX_BYTES = 10 * 1024 * 1024; // of one picture
const TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/** Returns the composer or editor that contains an element, if any. */
export const formOf = (element) => element.closest?.(".composer, .editor");
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
  delegate("click", "[data-remove-picture]", (button) => removePicture(button.closest(".attached")));
  delegate("click", "[data-retry-picture]", (button) => retry(button.closest(".attached")));
  subscribe(CONNECTION_CHANGED, (state) => state === "live" && retryUnreachable());
  delegate("change", "[data-avatar]", previewAvatar);
}

const retry = (item) => item.dispatchEvent(new Event("retry"));
const retryUnreachable = () => document.querySelectorAll(".attached[data-unreachable]").forEach(retry);

/** Returns the uploaded pictures of a form: [{ id, description }]. */
export function picturesOf(form) {
  const items = [...form.querySelectorAll(".attached[data-picture]")];
  return items.map((item) => ({ id: item.dataset.picture, description: item.querySelector(".attached-text").value }));
}

/** Returns the elements of the pictures that could not be added to a form. */
export const failedPictures = (form) => [...form.querySelectorAll(".attached:has(.attached-message:not([hidden]))")];

/** True while pictures of a form are being uploaded. */
export const isUploading = (form) => form.querySelector(".attached-progress:not([hidden])") !== null;

/** Puts pictures that were uploaded before back into a form. One that the server has deleted since is shown as failed. */
export async function restorePictures(form, pictures) {
  for (const picture of pictures) {
    const item = cloneTemplate("arriving-picture");
    item.addEventListener("retry", () => restore(form, picture, item));
    pictureList(form).append(item);
    await restore(form, picture, item);
  }
}

async function restore(form, { id, description }, item) {
  showState(item, null);
  updateSubmit(form);
  try {
    const html = await requestHtml("GET", `/pictures/${id}/`);
    if (item.isConnected) replace(item, itemFrom(html, description));
  } catch (error) {
    showState(item, error);
  }
  updateSubmit(form);
}

/** Removes all pictures of a form. */
export const removePictures = (form) => form.querySelectorAll(".attached").forEach(removePicture);

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
    showPreview(item.querySelector("img"), file);
    item.addEventListener("retry", () => send(form, file, item));
    pictureList(form).append(item);
    send(form, file, item);
  }
}

function showPreview(image, file) {
  image.addEventListener("error", () => image.removeAttribute("src")); // no picture: an empty place
  image.src = URL.createObjectURL(file);
}

// --- Uploading ---

async function send(form, file, item) {
  showState(item, null);
  onChanged(form);
  try {
    validate(file);
    await inTurn(() => upload(form, file, item));
  } catch (error) {
    showState(item, error);
  }
  if (form.isConnected) onChanged(form);
}

// Throws the refusal with which the server would respond, without uploading the file.
function validate(file) {
  if (file.type && !TYPES.includes(file.type)) {
    throw new Refused("Only JPEG, PNG, WebP and GIF pictures can be posted, and this file is none of them.");
  }
  if (file.size > MAX_BYTES) throw new Refused(`This file is too large. The limit is ${MAX_BYTES / 1024 / 1024} MB.`);
}

async function upload(form, file, item) {
  if (!item.isConnected) return; // removed before its turn
  if (picturesOf(form).length >= MAX_PICTURES) throw new Refused(`A post can have up to ${MAX_PICTURES} pictures.`);
  const canceled = new AbortController();
  item.addEventListener("removed", () => canceled.abort());
  const onProgress = (part) => (item.querySelector("progress").value = part);
  const uploaded = itemFrom(await uploadPicture(file, { onProgress, signal: canceled.signal }));
  if (item.isConnected) replace(item, uploaded);
  else deletePicture(uploaded.dataset.picture);
}

// Shows the state of an upload: in progress (null), or failed with an error.
function showState(item, error) {
  const isFailed = error !== null;
  const message = item.querySelector(".attached-message");
  item.querySelector("progress").hidden = isFailed;
  item.querySelector("[data-retry-picture]").hidden = !isFailed || (error instanceof Refused && !error.isTemporary);
  item.toggleAttribute("data-unreachable", isFailed && !(error instanceof Refused));
  message.hidden = !isFailed;
  message.textContent = isFailed ? errorMessage(error) : "";
}

// --- In the form ---

// Returns the server's element for an uploaded picture, with its field for a description.
function itemFrom(html, description = "") {
  const item = parseHtml(html).querySelector(".attached");
  item.querySelector(".attached-text").value = description;
  return item;
}

function replace(uploading, item) {
  const form = formOf(uploading);
  URL.revokeObjectURL(uploading.querySelector("img").src);
  uploading.replaceWith(item);
  onChanged(form);
}

/** Removes a picture. One of the composer is deleted from the server, one of an editor when the editor is saved. */
export function removePicture(item) {
  const form = formOf(item);
  const { picture } = item.dataset;
  item.dispatchEvent(new Event("removed")); // aborts its upload
  item.remove();
  if (picture && form.matches(".composer")) deletePicture(picture);
  onChanged(form);
  form.querySelector("[data-pictures]").focus();
}

function deletePicture(id) {
  request("DELETE", `/pictures/${id}/`).catch(() => {}); // else the server deletes it after a week
}

// Disables the submit button during uploads.
function updateSubmit(form) {
  form.querySelector("[type=submit]").disabled = isUploading(form);
}

// The input event lets the draft be stored.
function onChanged(form) {
  updateSubmit(form);
  form.querySelector(".composer-body").dispatchEvent(new Event("input", { bubbles: true }));
}

// --- Profile picture ---

function previewAvatar(field) {
  if (!field.files.length) return;
  const src = URL.createObjectURL(field.files[0]);
  const preview = createElement("img", { className: "avatar", alt: "", src });
  field.closest(".avatar-field").querySelector(".avatar").replaceWith(preview);
}
