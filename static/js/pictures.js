// Pictures for a post: chosen, dropped or pasted they are sent at once, each by itself, and stand in the form by their
// ids.

import { Refused, answered, ask, sentenceOf } from "./ask.js";

const MOST = 4; // pictures of one post
const BYTES_MOST = 10 * 1024 * 1024;
const KINDS = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const formOf = (element) => element.closest?.(".composer, .editor");
const listOf = (form) => form.querySelector(".attached-list");

export function keepPictures() {
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-pictures]")) return;
    add(formOf(target), [...target.files]);
    target.value = "";
  });
  document.addEventListener("paste", (event) => take(event, event.clipboardData));
  document.addEventListener("drop", (event) => take(event, event.dataTransfer));
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      aim(formOf(event.target));
      if (formOf(event.target)) event.preventDefault();
    });
  }
  document.addEventListener("dragleave", (event) => event.relatedTarget || aim(null));
  document.addEventListener("click", ({ target }) => {
    if (target.matches?.("[data-remove-picture]")) remove(target.closest(".attached"));
    if (target.matches?.("[data-retry-picture]")) target.closest(".attached").dispatchEvent(new Event("retry"));
  });
}

// What a form holds: [{ id, description }].
export const picturesOf = (form) =>
  [...form.querySelectorAll(".attached[data-picture]")].map((item) => ({
    id: item.dataset.picture,
    description: item.querySelector(".attached-text").value,
  }));

// Puts what was handed in before into a form again.
export async function bringBack(form, pictures) {
  for (const { id, description } of pictures) {
    try {
      put(form, await answered(await ask("GET", `/pictures/${id}/`)), description);
    } catch {
      // it waited too long and is gone
    }
  }
}

export const removePictures = (form) => form.querySelectorAll(".attached").forEach(remove);

// --- Ways in ---

function take(event, transfer) {
  aim(null);
  const form = formOf(event.target);
  if (!form || !transfer?.files.length) return;
  event.preventDefault();
  add(form, [...transfer.files]);
}

function aim(form) {
  document.querySelectorAll(".aimed").forEach((each) => each !== form && each.classList.remove("aimed"));
  form?.classList.add("aimed");
}

function add(form, files) {
  for (const file of files) {
    const item = document.getElementById("arriving-picture").content.cloneNode(true).firstElementChild;
    item.querySelector("img").src = URL.createObjectURL(file);
    item.addEventListener("retry", () => send(form, file, item));
    listOf(form).append(item);
    send(form, file, item);
  }
}

// --- On its way ---

async function send(form, file, item) {
  tell(item, null);
  changed(form);
  try {
    check(form, file);
    const html = await upload(file, item);
    if (item.isConnected) put(form, html, "", item);
  } catch (error) {
    tell(item, error);
  }
  changed(form);
}

// The same sentences as the server's, without sending a file for them.
function check(form, file) {
  if (listOf(form).children.length > MOST) throw new Refused(`${MOST} pictures fit into a post.`);
  if (!KINDS.includes(file.type))
    throw new Refused("Only JPEG, PNG, WebP and GIF pictures can be posted, and this file is none of them.");
  if (file.size > BYTES_MOST) throw new Refused(`This file is too large: ${BYTES_MOST / 1024 / 1024} MB fit.`);
}

// Shows how it stands: on its way, or what went wrong.
function tell(item, error) {
  const said = item.querySelector(".attached-said");
  item.querySelector("progress").hidden = error !== null;
  item.querySelector("[data-retry-picture]").hidden = error === null || error instanceof Refused;
  said.hidden = error === null;
  said.textContent = error === null ? "" : sentenceOf(error);
}

// XMLHttpRequest, since fetch does not tell how far it is.
function upload(file, item) {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  item.addEventListener("removed", () => request.abort());
  request.upload.onprogress = ({ loaded, total }) => (item.querySelector("progress").value = loaded / total);
  request.open("POST", "/pictures/");
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("X-CSRFToken", document.querySelector("#act [name=csrfmiddlewaretoken]").value);
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(new Error("It did not get through."));
    request.onload = () => resolve(answered(new Response(request.responseText, { status: request.status })));
    request.send(body);
  });
}

// --- In the form ---

// The server's part of the form for a picture, at the end or in the place of the one that was on its way.
function put(form, html, description, place) {
  const item = new DOMParser().parseFromString(html, "text/html").querySelector(".attached");
  item.querySelector(".attached-text").value = description;
  if (place) {
    URL.revokeObjectURL(place.querySelector("img").src);
    place.replaceWith(item);
  } else listOf(form).append(item);
  changed(form);
}

// One that waits to be posted is given up; one that was posted goes when the editor's form is saved.
function remove(item) {
  const form = formOf(item);
  item.dispatchEvent(new Event("removed"));
  item.remove();
  if (item.dataset.picture && form.matches(".composer"))
    ask("DELETE", `/pictures/${item.dataset.picture}/`).catch(() => {});
  changed(form);
  form.querySelector("[data-pictures]").focus();
}

// A post waits for its pictures; drafts learn of them by the event.
function changed(form) {
  form.querySelector("[type=submit]").disabled = form.querySelector(".attached-progress:not([hidden])") !== null;
  form.querySelector(".composer-body").dispatchEvent(new Event("input", { bubbles: true }));
}
