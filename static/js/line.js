// Puts a panel by the line of a text that is being written, whatever the text's length.

// panel: stands in the same positioned element as the field. at: a place in the field's text. Below that line; above it
// where only there is room.
export function placeByLine(panel, field, at) {
  const below = Math.min(heightUpTo(field, at) - field.scrollTop, field.offsetHeight);
  const above = below - parseFloat(getComputedStyle(field).lineHeight) - panel.offsetHeight;
  const { top } = field.getBoundingClientRect();
  const isTooLow = top + below + panel.offsetHeight > visualViewport.offsetTop + visualViewport.height;
  panel.style.top = `${isTooLow && top + above > 0 ? above : below}px`;
}

// A textarea does not say where its lines are, so a copy that ends there is measured.
function heightUpTo(field, at) {
  const copy = Object.assign(document.createElement("textarea"), {
    className: `${field.className} ruler`,
    value: field.value.slice(0, at + 1),
  });
  field.after(copy);
  const height = copy.scrollHeight;
  copy.remove();
  return height;
}
