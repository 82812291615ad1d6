// Shows a picture of oneself as soon as it is chosen.

export function keepAvatar() {
  document.addEventListener("change", ({ target }) => {
    if (!target.matches?.("[data-avatar]") || !target.files.length) return;
    const view = Object.assign(new Image(), {
      src: URL.createObjectURL(target.files[0]),
      className: "avatar",
      alt: "",
    });
    target.closest(".avatar-field").querySelector(".avatar").replaceWith(view);
  });
}
