// Posts on their way. What is sent stands on the page at once, marked, and is kept in this browser until the server has
// it: it survives a lost connection, a reload and an expired session. Its key, made here and kept by the server, tells
// the post that arrives, by the socket or as the answer, from any other, and makes sending twice the same post.

import { answered, ask, Refused, sentenceOf } from "./ask.js";
import { emptyComposer, refill } from "./composer.js";
import { accept } from "./feed.js";
import { bringBack, picturesOf } from "./pictures.js";

const PAUSE = 15_000; // ms after which what waits for the connection is tried again
let retry = 0;
let sending = Promise.resolve(); // one after the other: what was sent first stands below

const composerOf = () => document.getElementById("composer");
const author = () => document.body.dataset.viewer;
const place = () => `livefeed-outbox:${author()}`;
const shownOf = ({ key }) => document.querySelector(`#outbox > [data-key="${key}"]`);
const box = () => document.getElementById("outbox");
const isHere = ({ parent }) => box()?.dataset.parent === parent;

export function keepOutbox() {
  if (!author()) return;
  document.addEventListener("submit", (event) => event.target.id === "composer" && take(event), true);
  document.addEventListener("livefeed:arrived", settleArrived);
  addEventListener("online", flush);
  document.addEventListener(
    "livefeed:connection",
    ({ detail }) => detail === "live" && document.querySelector("#outbox > .failed.waits") && flush(),
  );
  flush();
}

// Whether it is the way to the server that failed, not the server that refused.
const isOut = (error) => !(error instanceof Refused) && (!navigator.onLine || error instanceof TypeError);

// Takes over what can be posted; what cannot, htmx sends as ever, and the server says why.
function take(event) {
  const composer = event.target;
  const entry = entryOf(composer);
  if (!box() || !isPostable(composer, entry)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  write([...read(), entry]);
  emptyComposer(composer);
  post(entry);
}

function entryOf(composer) {
  const fields = new FormData(composer);
  const texts = Object.fromEntries(
    ["title", "body", "parent", "audience"].map((name) => [name, fields.get(name) ?? ""]),
  );
  return { ...texts, key: fields.get("key").replaceAll("-", ""), pictures: picturesOf(composer) };
}

function isPostable(composer, { body, pictures }) {
  const fits = [...composer.querySelectorAll("[data-most]")].every(
    (field) => [...field.value.trim()].length <= Number(field.dataset.most),
  );
  return fits && (body.trim() !== "" || pictures.length > 0);
}

function post(entry) {
  if (isHere(entry)) show(entry);
  sending = sending.then(() => send(entry));
}

async function send(entry, isSecondTry = false) {
  if (!read().some(({ key }) => key === entry.key)) return; // it has arrived, or was given up
  mark(entry, null);
  try {
    const html = await answered(await ask("POST", "/posts/", formOf(entry)));
    settle(entry);
    if (isHere(entry)) accept(html);
  } catch (error) {
    if (error.isOutOfDate && !isSecondTry) return send(entry, true); // with the fresh token that came with it
    mark(entry, error);
    if (isOut(error)) tryLater();
  }
}

function tryLater() {
  retry ||= setTimeout(() => {
    retry = 0;
    flush();
  }, PAUSE);
}

function formOf({ pictures, ...texts }) {
  const form = new URLSearchParams(texts);
  for (const { id, description } of pictures) {
    form.append("picture", id);
    form.append("picture_description", description);
  }
  return form;
}

export function flush() {
  read().forEach(post);
}

// --- On the page ---

function show(entry) {
  if (shownOf(entry)) return;
  const item = document.getElementById("pending-post").content.cloneNode(true).firstElementChild;
  item.dataset.key = entry.key;
  item.querySelector(".post-title").textContent = entry.title;
  item.querySelector(".post-title").hidden = !entry.title;
  item.querySelector(".post-body").textContent = entry.body;
  item
    .querySelector(".pending-pictures")
    .append(
      ...entry.pictures.map(({ id, description }) =>
        Object.assign(new Image(), { src: `/pictures/${id}/small.webp`, alt: description }),
      ),
    );
  item.querySelector("[data-try-again]").addEventListener("click", () => post(entry));
  item.querySelector("[data-change]").addEventListener("click", () => change(entry));
  item.querySelector("[data-give-up]").addEventListener("click", () => giveUp(entry));
  if (box().dataset.order === "oldest") box().append(item);
  else box().prepend(item);
}

// How it stands: on its way (null), or what went wrong.
function mark(entry, error) {
  const item = shownOf(entry);
  if (!item) return;
  const waits = error !== null && isOut(error);
  item.classList.toggle("failed", error !== null);
  item.classList.toggle("waits", waits);
  item.querySelector("[data-change]").hidden = !composerOf(); // there is none before the account is activated
  item.querySelector(".pending-state").textContent = error === null ? "Sending" : waits ? "Not sent yet" : "Not sent";
  item.querySelector(".pending-why").textContent =
    error === null ? "" : waits ? "Kept here. It is sent as soon as the server can be reached." : sentenceOf(error);
}

// Back into the composer, below what stands there.
function change(entry) {
  const composer = composerOf();
  settle(entry);
  refill(composer, entry);
  bringBack(composer, entry.pictures);
}

function giveUp(entry) {
  settle(entry);
  for (const { id } of entry.pictures) ask("DELETE", `/pictures/${id}/`).catch(() => {});
}

function settle(entry) {
  write(read().filter(({ key }) => key !== entry.key));
  shownOf(entry)?.remove();
}

// The socket may be faster than the answer.
function settleArrived() {
  for (const item of document.querySelectorAll("#outbox > [data-key]")) {
    if (document.querySelector(`#posts > [data-key="${item.dataset.key}"]`)) settle(item.dataset);
  }
}

// --- In this browser ---

let kept = []; // where the browser keeps nothing

function read() {
  try {
    return JSON.parse(localStorage.getItem(place())) ?? [];
  } catch {
    return kept;
  }
}

function write(entries) {
  kept = entries;
  try {
    if (entries.length) localStorage.setItem(place(), JSON.stringify(entries));
    else localStorage.removeItem(place());
  } catch {
    // this page still has them
  }
}
