// Editing and deleting of the user's own posts on the page. Without scripts the same links lead to pages.

import { cloneTemplate, delegate, parseHtml, showDialog } from "./dom.js";
import { removePost, showRestored } from "./feed.js";
import { requestHtml } from "./http.js";
import { showError } from "./notices.js";
import { findPost } from "./post-list.js";

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
    const dialog = page.querySelector("dialog");
    showDialog(dialog, () => dialog.returnValue === "delete" && deletePost(new URL("..", link.href).href, id));
  } catch (error) {
    showError(error);
  } finally {
    link.ariaBusy = null;
  }
}

async function deletePost(address, id) {
  const post = findPost(id);
  const neighbour = post.nextElementSibling?.id || post.previousElementSibling?.id || "posts";
  try {
    await requestHtml("DELETE", address);
    offerUndo(new URL("removal/", address), post, neighbour);
    removePost(id);
  } catch (error) {
    showError(error);
  }
}

// Shows the offer for UNDO_TIMEOUT, in place of an earlier one. It takes the focus from the post; when it disappears,
// the post's neighbour receives it.
function offerUndo(address, post, neighbour) {
  const offer = cloneTemplate("undo-offer");
  const button = offer.querySelector("button");
  offer.dataset.successor = `#${neighbour}`;
  document.querySelector(".toast")?.remove();
  document.body.append(offer);
  if (!post.isConnected || post.contains(document.activeElement)) button.focus();
  setTimeout(() => offer.remove(), UNDO_TIMEOUT);
  button.addEventListener("click", () => undo(address, post, offer));
}

async function undo(address, post, offer) {
  offer.querySelector("button").disabled = true;
  try {
    showRestored(await requestHtml("DELETE", address));
    offer.dataset.successor = `#${post.id}`;
  } catch (error) {
    showError(error);
  }
  offer.remove();
}
