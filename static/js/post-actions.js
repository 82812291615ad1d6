// Editing and deleting of the user's own posts on the page. Without scripts the same links lead to pages.

import { cloneTemplate, delegate, parseHtml } from "./dom.js";
import { removePost, showRestored } from "./feed.js";
import { requestHtml } from "./http.js";
import { showError } from "./notices.js";

const UNDO_TIMEOUT = 10_000; // ms during which a deletion can be undone; the progress bar's animation is as long

/** Handles the links for editing and deleting. */
export function initPostActions() {
  delegate("click", ".post-actions :is(.edit, .delete)", (link, event) => {
    const opensNewTab = link.href && (event.ctrlKey || event.metaKey || event.shiftKey);
    if (opensNewTab) return;
    event.preventDefault();
    const post = link.closest(".post");
    if (link.matches(".edit")) openEditor(link, post);
    else confirmDeletion(link, Number(post.dataset.post));
  });
}

function openEditor(link, post) {
  if (post.querySelector(".editor")) return;
  htmx.ajax("GET", link.href, { source: link, target: post, swap: "beforeend" });
}

// Opens the server's confirmation page as a dialog.
async function confirmDeletion(link, id) {
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  try {
    const page = parseHtml(await requestHtml("GET", link.href));
    openDialog(page.querySelector("dialog"), () => deletePost(new URL("..", link.href).href, id));
  } catch (error) {
    showError(error);
  } finally {
    link.ariaBusy = null;
  }
}

function openDialog(dialog, onConfirm) {
  document.body.appendChild(dialog); // throws if the page has none
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue === "delete") onConfirm();
  });
  dialog.showModal();
}

async function deletePost(address, id) {
  try {
    await requestHtml("DELETE", address);
    removePost(id);
    offerUndo(new URL("removal/", address));
  } catch (error) {
    showError(error);
  }
}

// Shows the offer for UNDO_TIMEOUT, in place of an earlier one.
function offerUndo(address) {
  const offer = cloneTemplate("undo-offer");
  document.querySelector(".toast")?.remove();
  document.body.append(offer);
  setTimeout(() => offer.remove(), UNDO_TIMEOUT);
  offer.querySelector("button").addEventListener("click", () => undo(address, offer));
}

async function undo(address, offer) {
  offer.remove();
  try {
    showRestored(await requestHtml("DELETE", address));
  } catch (error) {
    showError(error);
  }
}
