// What one does to one's own posts: edit in place, delete. Without this the same links and buttons lead to pages.

export function keepActions() {
  document.addEventListener("click", (event) => {
    const source = event.target.closest?.(".post-actions :is(.edit, .delete)");
    const opensElsewhere = source?.href && (event.ctrlKey || event.metaKey || event.shiftKey);
    if (!source || opensElsewhere) return;
    event.preventDefault();
    const target = source.closest(".post");
    if (source.matches(".edit")) {
      if (!target.querySelector(".editor")) htmx.ajax("GET", source.href, { source, target, swap: "beforeend" });
    } else if (confirm("Delete this post? It disappears for everybody.")) {
      htmx.ajax("POST", source.formAction, { source, target, swap: "delete" });
    }
  });
}
