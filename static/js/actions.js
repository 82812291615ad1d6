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
    else if (confirm("Delete this post? It disappears for everybody.")) removePost(source.formAction, Number(post.dataset.post));
  });
}

function edit(source, target) {
  if (!target.querySelector(".editor")) htmx.ajax("GET", source.href, { source, target, swap: "beforeend" });
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
