// Positions a panel at a line of a textarea.

/**
 * Places `panel` below the line of `field` that contains the character at `index`, or above the line if there is no
 * room below. Both stand in the same positioned element.
 */
export function placeAtLine(panel, field, index) {
  const below = Math.min(heightUpTo(field, index) - field.scrollTop, field.offsetHeight);
  const above = below - parseFloat(getComputedStyle(field).lineHeight) - panel.offsetHeight;
  const { top } = field.getBoundingClientRect();
  const windowBottom = visualViewport.offsetTop + visualViewport.height;
  const fitsBelow = top + below + panel.offsetHeight <= windowBottom;
  const fitsAbove = top + above > 0;
  panel.style.top = `${!fitsBelow && fitsAbove ? above : below}px`;
}

// A textarea does not tell where its lines are, so a copy that ends at `index` is measured.
function heightUpTo(field, index) {
  const copy = document.createElement("textarea");
  copy.className = `${field.className} ruler`;
  copy.value = field.value.slice(0, index + 1);
  field.after(copy);
  const height = copy.scrollHeight;
  copy.remove();
  return height;
}
