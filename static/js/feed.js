// Keeps the list of posts true. Whatever comes, by socket or by an htmx answer, late, twice or out of order: the newer
// version of a post stays, what was removed stays removed, and a new post goes where its sort key belongs.

import {
  announce,
  comesBefore,
  ease,
  hold,
  isOwn,
  list,
  MOST_SHOWN,
  postElement,
  posts,
  still,
  visiblePosts,
} from "./list.js";
import { trimEnd } from "./older.js";
import { mustWait } from "./pill.js";

const removed = new Set(); // ids; a late answer must not bring a deleted post back
let waiting = null; // frames that came while the list is being read anew

const changes = (name) => document.dispatchEvent(new CustomEvent(`livefeed:${name}`));

export function receive(frame) {
  if (frame.type === "reset") readAnew(frame.within);
  else if (waiting) waiting.push(frame);
  else if (frame.type === "post.created") come(frame);
  else if (frame.type === "post.deleted") remove(frame.id);
  else if (frame.type === "post.counted") count(frame);
  else if (frame.html) put(frame);
}

// Calls back with the ids the page shows: now, and whenever it has come to show posts that no socket brought.
export function whenShownChanges(tell) {
  const now = () =>
    tell(
      posts()
        .slice(0, MOST_SHOWN)
        .map((post) => Number(post.dataset.post)),
    );
  document.addEventListener("htmx:after:swap", (event) => event.detail.ctx.request && now());
  document.addEventListener("livefeed:reread", now);
  now();
}

function count({ id, ...counts }) {
  for (const place of postElement(id)?.querySelectorAll("[data-count]") ?? [])
    place.textContent = counts[place.dataset.count] || "";
}

// What comes after it was removed was brought back: a socket's frames are in order.
function come(frame) {
  removed.delete(frame.id);
  put(frame);
}

// A post as the server answers with it: one that was written here, and one that was brought back.
export const accept = (html) => put(frameOf(html));
export const restored = (html) => come(frameOf(html));

function frameOf(html) {
  const { post, version, sort } = new DOMParser().parseFromString(html, "text/html").querySelector(".post").dataset;
  return { id: Number(post), version: Number(version), sort, html };
}

function put({ id, version, sort, html }) {
  const shown = postElement(id);
  if (removed.has(id)) return;
  if (!shown) insert(sort, html, id);
  else if (Number(shown.dataset.version) < version) replace(shown, html, id);
}

function insert(sort, html, id) {
  const { from, order } = list().dataset;
  if (from && !comesBefore(from, sort)) return changes("ahead"); // this page begins further down
  const next = posts().find((post) => comesBefore(sort, post.dataset.sort)) ?? list().querySelector(":scope > .older");
  if (next?.matches(".older")) return; // it belongs to what has not been asked for yet
  if (order === "oldest" && posts().length >= MOST_SHOWN) return;
  const waits = mustWait(next);
  const place = next?.previousElementSibling?.matches(".away") && !waits ? next.previousElementSibling : next;
  ease(() => {
    swap(place ?? list(), place ? "beforebegin" : "beforeend", html);
    if (waits && !isOwn(postElement(id))) postElement(id).classList.add("waiting");
  });
  const post = postElement(id);
  mark(id, "arrived");
  announce("new", post);
  if (order !== "oldest") trimEnd();
  changes("list");
}

// Puts the newer version in place; an open editor moves over with all that was typed in it.
function replace(shown, html, id) {
  const editor = shown.querySelector(".editor");
  const waits = shown.matches(".waiting");
  const hasFocus = shown === document.activeElement;
  editor?.remove();
  ease(() => {
    swap(shown, "outerHTML", html);
    if (editor) postElement(id).append(editor);
    postElement(id).classList.toggle("waiting", waits);
  });
  const post = postElement(id);
  if (hasFocus) focus(post);
  mark(id, "changed");
  announce("edited", post);
  changes("list");
}

function focus(post) {
  post.tabIndex = -1;
  post.focus({ preventScroll: true });
}

export function remove(id) {
  removed.add(id);
  document.querySelector(`dialog[data-post="${id}"]`)?.close();
  const shown = postElement(id);
  if (!shown) return;
  if (shown.querySelector(".editor")) return keepEditorOf(shown);
  if (shown === document.activeElement)
    focus(shown.nextElementSibling?.matches(".post") ? shown.nextElementSibling : list());
  announce("removed", shown);
  if (still.matches || document.hidden || shown.matches(".waiting")) takeOut(shown);
  else {
    shown.classList.add("leaving");
    setTimeout(() => takeOut(shown), 150);
  }
}

function takeOut(post) {
  ease(() => post.remove());
  changes("list");
}

// Somebody is typing into a post that is gone: the text stays until they have done with it.
function keepEditorOf(shown) {
  if (shown.matches(".gone")) return;
  shown.classList.add("gone");
  shown.querySelector(".editor [type=submit]").disabled = true;
  shown
    .querySelector(".editor")
    .insertAdjacentHTML(
      "afterbegin",
      '<p class="field-error" role="alert">This post was deleted meanwhile. Your text is still here to copy.</p>',
    );
}

function swap(target, how, html) {
  return htmx.swap({ sourceElement: target, target, swap: how, text: html });
}

function mark(id, name) {
  const post = postElement(id);
  post?.classList.add(name);
  document.dispatchEvent(new CustomEvent("livefeed:arrived", { detail: post }));
  setTimeout(() => post?.classList.remove(name), 2_000);
}

// Reads the page's list again and puts it in place: composer, editors and what one was reading stay where they are.
async function readAnew(within) {
  if (waiting) return;
  waiting = [];
  await new Promise((done) => setTimeout(done, Math.random() * 1_000 * (within ?? 0)));
  for (let attempt = 0; !(await fetchList()); attempt++) {
    await new Promise((done) => setTimeout(done, Math.min(30_000, 1_000 * 2 ** attempt) * (0.5 + Math.random() / 2)));
  }
  const due = waiting;
  waiting = null;
  document.dispatchEvent(new CustomEvent("livefeed:reread"));
  due.forEach(receive);
}

async function fetchList() {
  waiting.length = 0; // older than the answer that is about to be asked for
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true", "HX-Source": "div#posts" } });
    if (answer.status === 403 || answer.status === 404) return leave();
    if (!answer.ok) return answer.status < 500;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = part.getElementById("posts");
    if (fresh?.dataset.view !== list().dataset.view) location.reload();
    else takeOver(await upToWhatIsRead(fresh), part.getElementById("profile"));
    return true;
  } catch {
    return false;
  }
}

// Adds as many pages of older posts as were there down to what is being read.
async function upToWhatIsRead(fresh) {
  const read = visiblePosts().find((post) => post.getBoundingClientRect().bottom > 0);
  const isThere = () =>
    scrollY === 0 ||
    !read ||
    [...fresh.querySelectorAll(".post")].some(({ dataset }) => !comesBefore(dataset.sort, read.dataset.sort));
  while (!isThere() && fresh.querySelector(":scope > .older") && fresh.childElementCount < MOST_SHOWN) {
    const older = fresh.querySelector(":scope > .older");
    const answer = await fetch(new URL(older.getAttribute("href"), location.href), {
      headers: { "HX-Request": "true", "HX-Source": "a" },
    });
    if (!answer.ok) break;
    const more = new DOMParser().parseFromString(await answer.text(), "text/html");
    older.replaceWith(...more.head.childNodes, ...more.body.childNodes);
  }
  return fresh;
}

// The page is no longer there for this reader, say because its author is. What was being typed stays.
function leave() {
  if (document.querySelector(".editor"))
    list()
      .querySelectorAll(":scope > .post:not(:has(.editor))")
      .forEach((post) => post.remove());
  else location.reload();
  return true;
}

function takeOver(fresh, profile) {
  const before = new Map(posts().map((post) => [post.id, post]));
  const newest = visiblePosts()[0]?.dataset.sort;
  const isNew = (post) => newest && !before.has(post.id) && comesBefore(post.dataset.sort, newest);
  const wait = mustWait(visiblePosts()[0]);
  hold(() => {
    const editing = posts().filter((post) => post.querySelector(".editor"));
    editing.forEach((post) => post.remove());
    swap(list(), "outerHTML", fresh.outerHTML);
    for (const post of editing) {
      const again = postElement(post.dataset.post);
      if (again) again.append(post.querySelector(".editor"));
      else {
        list().prepend(post);
        keepEditorOf(post);
      }
    }
    if (wait)
      posts()
        .filter((post) => isNew(post) && !isOwn(post))
        .forEach((post) => post.classList.add("waiting"));
    if (profile) swap(document.getElementById("profile"), "outerHTML", profile.outerHTML);
  });
  document.dispatchEvent(new CustomEvent("livefeed:arrived", { detail: list() }));
  compare(before, isNew);
  changes("list");
}

// Tells what a list that was read anew has that the one before had not, and the other way round.
function compare(before, isNew) {
  const last = posts().at(-1)?.dataset.sort;
  for (const post of posts()) {
    const known = before.get(post.id);
    if (isNew(post)) announce("new", post);
    else if (known && Number(known.dataset.version) < Number(post.dataset.version)) announce("edited", post);
    before.delete(post.id);
  }
  for (const post of before.values()) if (last && comesBefore(post.dataset.sort, last)) announce("removed", post);
}

// The same care for what htmx is about to put in: an answer may be older than what the socket has brought meanwhile.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  if (!ctx.request) return; // our own swaps above
  for (const { fragment, target } of tasks) {
    for (const post of fragment.querySelectorAll(".post")) {
      const shown = postElement(post.dataset.post);
      const late =
        removed.has(Number(post.dataset.post)) ||
        (shown && Number(shown.dataset.version) >= Number(post.dataset.version));
      if (shown && shown === target) {
        if (late) event.preventDefault();
        shown.querySelector(".editor")?.remove();
      } else if (late) post.remove();
      else shown?.remove();
    }
  }
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.request) document.dispatchEvent(new CustomEvent("livefeed:arrived", { detail: document.body }));
});
