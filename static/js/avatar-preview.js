// A preview of a new profile picture, as soon as it is chosen.

import { createElement } from "./dom.js";

export function initAvatarPreview() {
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-avatar]") || !target.files.length) return;
    const src = URL.createObjectURL(target.files[0]);
    const preview = createElement("img", { className: "avatar", alt: "", src });
    target.closest(".avatar-field").querySelector(".avatar").replaceWith(preview);
  });
}
