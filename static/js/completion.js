// Completion of @names and #tags: suggestions from the server in a list below the line that is being typed. Keys keep
// their meaning in the text, except those that choose a suggestion.

import { delegate, placeAtLine } from "./dom.js";

const TYPING_PAUSE = 120; // ms without a keystroke after which the server is asked
// Finds names and tags as livefeed/content/markup.py does. A name may follow anything but the characters of names and
// addresses. A tag is no part of a word; it has marks, and dots and joiners between letters.
const NAME_PATTERN = /(?<![A-Za-z0-9_/&#@.=?+%-])@[\p{L}\p{N}_][\p{L}\p{M}\p{N}_]{0,49}$/u;
const MEDIAL = "\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u30a0\u30fb\uff65\u200c\u200d";
const TAG_PATTERN = new RegExp(
  `(?<![\\p{L}\\p{M}\\p{N}_/&#@.=?:-])#[\\p{L}\\p{N}_][\\p{L}\\p{M}\\p{N}_${MEDIAL}]{0,49}$`,
  "u",
);
// After a caret that is inside a word. Words of scripts without spaces may follow a name.
const NAME_REST_PATTERN = /^[\p{Lu}\p{Ll}\p{M}\p{N}_@]/u;
const TAG_REST_PATTERN = /^[\p{L}\p{M}\p{N}_#]/u;
const HTMX_EVENTS = ["before:request", "response:error", "error", "before:swap", "after:swap"];

let session = null; // { field, list, start }: start is the index of the word that is being completed
let timer = 0;

const optionsIn = (list) => [...list.querySelectorAll(".completion:not([hidden])")];

/** Completes names and tags in the composer and in editors. */
export function initCompletion() {
  delegate("input", ".composer-body", onInput);
  document.addEventListener("selectionchange", onSelectionChange);
  document.addEventListener("focusout", ({ target }) => target === session?.field && close());
  document.addEventListener("submit", close, true);
  document.addEventListener("keydown", onKeyDown, true); // before Escape closes the editor
  delegate("mousedown", ".completions", (list, event) => event.preventDefault()); // the field keeps the focus
  delegate("click", ".completion", choose);
  for (const name of HTMX_EVENTS) document.addEventListener(`htmx:${name}`, hideFromPage, true);
}

function onSelectionChange() {
  if (session && wordAtCaret(session.field)?.index !== session.start) close();
}

// Keeps htmx's events for suggestions from other modules: they neither clear notices nor add content to the page.
function hideFromPage(event) {
  if (event.target.matches?.(".completions")) event.stopPropagation();
}

// Returns the match of the word that ends at the caret, or null. Input methods compose on phones at every word, so
// composed text is completed like any other.
function wordAtCaret({ value, selectionStart, selectionEnd }) {
  if (selectionStart !== selectionEnd) return null;
  const before = value.slice(0, selectionEnd);
  const after = value.slice(selectionEnd);
  const name = NAME_REST_PATTERN.test(after) ? null : NAME_PATTERN.exec(before);
  return name ?? (TAG_REST_PATTERN.test(after) ? null : TAG_PATTERN.exec(before));
}

function onInput(field) {
  const word = wordAtCaret(field);
  const list = field.parentElement.querySelector(".completions");
  const isSameWord = session?.field === field && session.start === word?.index;
  if (!isSameWord) close();
  if (!word || !list) return;
  session ??= { field, list, start: word.index };
  const current = session;
  const prefix = word[0].slice(1).toLowerCase();
  showOptions((option) => hasNameWith(prefix, option)); // the earlier suggestions that still fit, until the response
  clearTimeout(timer);
  timer = setTimeout(() => fetchOptions(current, word[0]), TYPING_PAUSE);
}

function hasNameWith(prefix, option) {
  const names = option.textContent.toLowerCase().split(/[\s@#]+/);
  return names.some((name) => name.startsWith(prefix));
}

// A newer request aborts an older one (hx-sync). A response that arrives too late nevertheless is not shown.
async function fetchOptions(current, word) {
  const { field, list } = current;
  const address = `${list.dataset.from}?${new URLSearchParams({ q: word })}`;
  await htmx.ajax("GET", address, { source: list, target: list, swap: "innerHTML" });
  if (current === session && wordAtCaret(field)?.[0] === word) showOptions();
}

// Shows the options that fit and activates the one that equals the word, or else the first.
function showOptions(fits = () => true) {
  const { field, list, start } = session;
  [...list.children].forEach((option, index) => {
    option.id = `${list.id}-${index}`;
    option.hidden = !fits(option);
  });
  const options = optionsIn(list);
  list.hidden = options.length === 0;
  statusOf(list).textContent = optionCountText(options.length);
  if (list.hidden) return describe(session);
  const word = wordAtCaret(field)[0].toLowerCase();
  activate(options.find((option) => option.dataset.text.toLowerCase() === word) ?? options[0]);
  placeAtLine(list, field, start);
}

const statusOf = (list) => list.nextElementSibling; // a live region for screen readers

function optionCountText(count) {
  if (count === 0) return "";
  return count === 1 ? "1 suggestion" : `${count} suggestions`;
}

function activate(option) {
  for (const each of session.list.children) each.setAttribute("aria-selected", each === option);
  describe(session, option);
}

// Describes the field to screen readers: a combobox while there are options, else a plain text field.
function describe({ field, list }, activeOption = null) {
  const attributes = {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "true",
    "aria-controls": list.id,
    "aria-activedescendant": activeOption?.id,
  };
  for (const [name, value] of Object.entries(attributes)) {
    if (activeOption) field.setAttribute(name, value);
    else field.removeAttribute(name);
  }
}

function onKeyDown(event) {
  if (event.target !== session?.field) return;
  const hasModifier = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  if (session.list.hidden || event.isComposing || hasModifier) return;
  const action = ACTIONS[event.key];
  if (!action) return;
  action();
  event.preventDefault();
  event.stopPropagation();
}

const ACTIONS = {
  Escape: close,
  Enter: chooseActive,
  Tab: chooseActive,
  ArrowDown: () => moveActive(1),
  ArrowUp: () => moveActive(-1),
};

const isActive = (option) => option.ariaSelected === "true";

function chooseActive() {
  choose(optionsIn(session.list).find(isActive));
}

function moveActive(step) {
  const options = optionsIn(session.list);
  const next = options.at((options.findIndex(isActive) + step) % options.length);
  activate(next);
  next.scrollIntoView({ block: "nearest" });
}

// Inserts an option as if it were typed: one step to undo, and an input event for draft, count and preview.
function choose(option) {
  if (!option || !session) return;
  const { field, start } = session;
  const hasSpaceAfter = field.value[field.selectionEnd] === " ";
  const end = field.selectionEnd + (hasSpaceAfter ? 1 : 0);
  const text = `${option.dataset.text} `;
  close();
  field.setSelectionRange(start, end);
  const isInserted = document.execCommand("insertText", false, text); // the only way that keeps the undo history
  if (isInserted) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  clearTimeout(timer);
  if (!session) return;
  const { list } = session;
  describe(session);
  session = null;
  htmx.trigger(list, "htmx:abort");
  list.hidden = true;
  list.replaceChildren();
  statusOf(list).textContent = "";
}
