// What one does to one's own posts: edit in place, delete, and bring back. Without this the same links and buttons lead
// to pages.

import { answered, ask, sentenceOf } from "./ask.js";
import { remove, restored } from "./feed.js";
import { say } from "./notices.js";

const UNDO = 10_000; // ms in which a deletion can be undone

export function keepActions() {
  document.addEventListener("click", (event) => {
    const source = event.target.closest?.(".post-actions :is(.edit, .delete)");
    const opensElsewhere = source?.href && (event.ctrlKey || event.metaKey || event.shiftKey);
    if (!source || opensElsewhere) return;
    event.preventDefault();
    const post = source.closest(".post");
    if (source.matches(".edit")) edit(source, post);
    else askWhether(source, Number(post.dataset.post));
  });
}

function edit(source, target) {
  if (!target.querySelector(".editor")) htmx.ajax("GET", source.href, { source, target, swap: "beforeend" });
}

// Asks in a dialog that says what goes with the post. It closes by itself if somebody deletes the post meanwhile.
async function askWhether(source, id) {
  if (source.ariaBusy === "true") return;
  source.ariaBusy = "true";
  try {
    const page = new DOMParser().parseFromString(await answered(await ask("GET", source.href)), "text/html");
    const dialog = document.body.appendChild(page.querySelector("dialog"));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (dialog.returnValue === "delete") removePost(new URL("..", source.href).href, id);
    });
    dialog.showModal();
  } catch (error) {
    say(sentenceOf(error));
  } finally {
    source.ariaBusy = null;
  }
}

async function removePost(address, id) {
  try {
    await answered(await ask("DELETE", address));
    remove(id);
    offerUndo(new URL("removal/", address));
  } catch (error) {
    say(sentenceOf(error));
  }
}

// One offer at a time: a new one takes the place of the last.
function offerUndo(address) {
  const offer = document.getElementById("undo-offer").content.cloneNode(true).firstElementChild;
  document.querySelector(".toast")?.remove();
  document.body.append(offer);
  setTimeout(() => offer.remove(), UNDO);
  offer.querySelector("button").addEventListener("click", () => undo(address, offer));
}

async function undo(address, offer) {
  offer.remove();
  try {
    restored(await answered(await ask("DELETE", address)));
  } catch (error) {
    say(sentenceOf(error));
  }
}
