// Completes an @name or a #tag while it is typed: what the server finds is listed below the line. All keys stay the
// text's own, but for those that choose.

import { placeByLine } from "./line.js";

const PAUSE = 120; // ms without a keystroke after which the server is asked
const WORD = /(?<![\p{L}\p{N}_/&#@.=?:-])[@#][\p{L}\p{N}_]{1,50}$/u; // begins where livefeed/markup.py lets a name begin
const INSIDE = /^[\p{L}\p{N}_@#]/u; // follows a caret that is in the middle of a word
const fits = (option, begin) =>
  option.textContent
    .toLowerCase()
    .split(/[\s@#]+/)
    .some((name) => name.startsWith(begin));
const optionsOf = (list) => [...list.querySelectorAll(".completion:not([hidden])")];

let open = null; // { field, list, start }: what is being completed, and where in the text it begins
let timer = 0;

export function keepCompletions() {
  document.addEventListener("input", (event) => event.target.matches?.(".composer-body") && typed(event.target));
  document.addEventListener("selectionchange", () => open && wordIn(open.field)?.index !== open.start && close());
  document.addEventListener("focusout", (event) => event.target === open?.field && close());
  document.addEventListener("submit", () => close(), true);
  document.addEventListener("keydown", (event) => event.target === open?.field && press(event), true); // before the editor hears of Escape
  document.addEventListener("mousedown", (event) => event.target.closest?.(".completions") && event.preventDefault()); // the text keeps the focus
  document.addEventListener(
    "click",
    (event) => open?.list.contains(event.target) && choose(event.target.closest(".completion")),
  );
  // None of this concerns the rest of the page: no notice is cleared or shown, no post has arrived.
  for (const name of ["before:request", "response:error", "error", "before:swap", "after:swap"]) {
    document.addEventListener(
      `htmx:${name}`,
      (event) => event.target.matches?.(".completions") && event.stopPropagation(),
      true,
    );
  }
}

// The word that ends at the caret, as a match; null if there is none. A phone composes every word: that is typing, too.
function wordIn({ value, selectionStart, selectionEnd: caret }) {
  return selectionStart !== caret || INSIDE.test(value.slice(caret)) ? null : WORD.exec(value.slice(0, caret));
}

function typed(field) {
  const word = wordIn(field);
  const list = field.parentElement.querySelector(".completions");
  if (open?.field !== field || open.start !== word?.index) close();
  if (!word || !list) return;
  const asked = (open ??= { field, list, start: word.index });
  show((option) => fits(option, word[0].slice(1).toLowerCase())); // until the answer is there
  clearTimeout(timer);
  timer = setTimeout(() => ask(asked, word[0]), PAUSE);
}

// A newer question ends an older one (hx-sync); what comes nevertheless, and too late, is not shown.
async function ask(asked, word) {
  const { field, list } = asked;
  const address = `${list.dataset.from}?${new URLSearchParams({ q: word })}`;
  await htmx.ajax("GET", address, { source: list, target: list, swap: "innerHTML" });
  if (asked === open && wordIn(field)?.[0] === word) show();
}

// Lists the options that fit; the one that is there to the letter, or else the first one, is what Enter chooses.
function show(isFitting = () => true) {
  const { field, list, start } = open;
  [...list.children].forEach((option, index) =>
    Object.assign(option, { id: `${list.id}-${index}`, hidden: !isFitting(option) }),
  );
  const options = optionsOf(list);
  list.hidden = !options.length;
  list.nextElementSibling.textContent = list.hidden
    ? ""
    : options.length === 1
      ? "1 suggestion"
      : `${options.length} suggestions`;
  if (list.hidden) return describe(open);
  const word = wordIn(field)[0].toLowerCase();
  activate(options.find((option) => option.dataset.text.toLowerCase() === word) ?? options[0]);
  placeByLine(list, field, start);
}

function activate(option) {
  for (const each of open.list.children) each.setAttribute("aria-selected", each === option);
  describe(open, option);
}

// What a reader hears of the field: a combobox while there is something to choose, else the plain text that it is.
function describe({ field, list }, active) {
  const state = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "true", "aria-controls": list.id };
  for (const [name, value] of Object.entries({ ...state, "aria-activedescendant": active?.id })) {
    if (active) field.setAttribute(name, value);
    else field.removeAttribute(name);
  }
}

function press(event) {
  const { list } = open;
  if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const options = optionsOf(list);
  const at = options.findIndex((option) => option.ariaSelected === "true");
  if (event.key === "Escape") close();
  else if (event.key === "Enter" || event.key === "Tab") choose(options[at]);
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = options.at((at + (event.key === "ArrowDown" ? 1 : -1)) % options.length);
    activate(next);
    next.scrollIntoView({ block: "nearest" });
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

// As if it were typed: one step to undo, and an `input` for draft, count and preview.
function choose(option) {
  if (!option) return; // the list's edge
  const { field, start } = open;
  const end = field.selectionEnd + (field.value[field.selectionEnd] === " ");
  const text = `${option.dataset.text} `;
  close();
  field.setSelectionRange(start, end);
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  clearTimeout(timer);
  if (!open) return;
  const { list } = open;
  describe(open);
  open = null;
  htmx.trigger(list, "htmx:abort");
  list.hidden = true;
  list.replaceChildren();
  list.nextElementSibling.textContent = "";
}
