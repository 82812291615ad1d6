// Finds the element that takes the place of one that had the focus and is gone: the one that `data-successor` of an
// element around it names, else the same control in the replacement, else the nearest control or post after it.

const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
const STOPS = `article, ${FOCUSABLE}`; // where the focus may go: a post or notification itself, or a control
const CONTAINERS = "[id], [data-key], main, aside, dialog";

/** True if an element can have the focus now. */
export const isFocusable = (element) =>
  element.isConnected && element.matches(FOCUSABLE) && !element.matches(":disabled") && element.checkVisibility();

/**
 * Returns the removals that took `element` out of the page, from the innermost to the outermost: [{ root, record }].
 * `root` is the removed node that contained it.
 */
export function findRemovals(records, element) {
  const removals = [];
  let inner = element;
  for (const record of records) {
    const root = [...record.removedNodes].find((node) => node.contains(inner));
    if (!root) continue;
    removals.push({ root, record });
    inner = record.target;
  }
  return removals;
}

/** Returns the successor of an element that was removed by `removals`, or hidden, or null. `records`: all changes. */
export function successorOf(element, removals, records) {
  const gap = removals.length ? removals.at(-1) : gapOfHidden(element);
  const found =
    named(element) ??
    counterpart(element, removals) ??
    controlInReplacement(element, gap, records) ??
    neighbour(gap, records) ??
    container(gap);
  return found ?? document.getElementById("main");
}

// Describes a hidden element as if it, or what is hidden with it, had been removed.
function gapOfHidden(element) {
  let root = element;
  while (root.parentElement && !root.parentElement.checkVisibility()) root = root.parentElement;
  const { parentNode: target, previousSibling, nextSibling } = root;
  return { root, record: { target, previousSibling, nextSibling, addedNodes: [] } };
}

function named(element) {
  const selector = element.closest("[data-successor]")?.dataset.successor;
  return visible(selector ? document.querySelector(selector) : null);
}

const visible = (element) => (element?.checkVisibility() ? element : null);

// --- The same element in its new version ---

// Returns the same control in the new version of the innermost element around it that is still on the page. Where that
// element, a post for instance, is gone, an element that stood next to it takes its place.
function counterpart(element, removals) {
  for (const former of formerAncestors(element, removals)) {
    if (!former.id && !former.dataset.key) continue;
    const current = currentVersion(former);
    if (current) return sameControl(element, former, [current]) ?? current;
    const next = currentNeighbour(former);
    if (next) return next;
  }
  return null;
}

function* formerAncestors(element, removals) {
  let start = element;
  for (const { record } of removals) {
    for (let former = start; former; former = former.parentElement) yield former;
    start = record.target;
  }
}

// A pending post has the key of the post that it becomes.
function currentVersion({ id, dataset }) {
  const post = dataset.key && document.querySelector(`#posts > [data-key="${CSS.escape(dataset.key)}"]`);
  return visible((id && document.getElementById(id)) || post || null);
}

function currentNeighbour(former) {
  const siblings = [...(former.parentElement?.children ?? [])];
  const index = siblings.indexOf(former);
  const nearest = [...siblings.slice(index + 1), ...siblings.slice(0, Math.max(index, 0)).reverse()];
  return nearest.map(currentVersion).find(Boolean) ?? null;
}

// Returns the control in `roots` that does what `element` does in `formerRoot`.
function sameControl(element, formerRoot, roots) {
  const key = keyOf(element);
  const alike = (root) => [root, ...root.querySelectorAll(FOCUSABLE)].filter((control) => keyOf(control) === key);
  const index = alike(formerRoot).indexOf(element);
  const controls = roots.flatMap(alike).filter(isFocusable);
  return controls[index] ?? controls[0] ?? null;
}

// A control is recognized by its address or name: a button's label changes from "Follow" to "Unfollow".
function keyOf(element) {
  const attribute = ["formaction", "href", "name"].find((name) => element.hasAttribute(name));
  return `${element.tagName} ${attribute ? element.getAttribute(attribute) : element.className}`;
}

// --- What stands in its place ---

function controlInReplacement(element, gap, records) {
  return sameControl(element, gap.root, replacementOf(gap, records));
}

// Returns the elements that were inserted where the removed one was.
function replacementOf({ root, record }, records) {
  const isInPlace = (each) => each === record || each.nextSibling === root || each.previousSibling === root;
  const added = records.filter(isInPlace).flatMap(({ addedNodes }) => [...addedNodes]);
  return added.filter((node) => node instanceof Element && node.isConnected);
}

function neighbour(gap, records) {
  const after = [...replacementOf(gap, records), ...siblings(gap, records, "nextSibling")];
  const before = siblings(gap, records, "previousSibling");
  return [...after, ...before].map(firstStop).find(Boolean) ?? null;
}

// Returns the elements on one side of the gap, nearest first. Nodes that were removed as well lead to their own side.
function siblings({ record }, records, side) {
  const recordOf = (node) => records.find(({ removedNodes }) => [...removedNodes].includes(node));
  let node = record[side];
  while (node && node.parentNode !== record.target) node = recordOf(node)?.[side];
  const found = [];
  for (; node; node = node[side]) if (node instanceof Element) found.push(node);
  return found;
}

function firstStop(element) {
  const stops = [element, ...element.querySelectorAll(STOPS)];
  return stops.find((stop) => isFocusable(stop) || (stop.matches("article") && stop.checkVisibility()));
}

const container = ({ record }) => visible(record.target.closest?.(CONTAINERS));
