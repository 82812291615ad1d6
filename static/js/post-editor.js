// The editor of a post that was deleted while its author was editing it.

const DELETED = "This post was deleted meanwhile. Your text is still here to copy.";

/** Keeps a deleted post in the list while its editor is open, so that the author can copy the text. */
export function keepEditorOfDeleted(post) {
  if (post.matches(".gone")) return;
  post.classList.add("gone");
  const editor = post.querySelector(".editor");
  editor.querySelector("[type=submit]").disabled = true;
  editor.insertAdjacentHTML("afterbegin", `<p class="field-error" role="alert">${DELETED}</p>`);
}
