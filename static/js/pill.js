// New posts while one reads further down: they are in the list already, so that edits and deletions reach them, but out
// of sight until one asks for them or goes up.

import { hold, isOwn, list, still, visiblePosts, waitingPosts } from "./list.js";

const TOP = 16; // px from the top of the page within which one is "at the top"
const NAMED = 2; // authors named before the others are counted

let ahead = 0; // new posts above where this page begins

const pill = () => document.getElementById("pill");

export function keepPill() {
  if (!pill()) return;
  pill().addEventListener("click", goUp);
  addEventListener("scroll", () => scrollY <= TOP && reveal(), { passive: true });
  document.addEventListener("livefeed:list", tell);
  document.addEventListener("livefeed:ahead", () => {
    ahead++;
    tell();
  });
}

// Whether a new post that would stand before `next` has to wait: it would push away what is being read.
export function mustWait(next) {
  const isRead = scrollY > TOP || list().querySelector(":focus-visible");
  return Boolean(pill() && isRead && next && next.getBoundingClientRect().top < innerHeight);
}

function tell() {
  const waiting = waitingPosts();
  const count = waiting.length + ahead;
  pill().hidden = count === 0;
  if (count)
    pill().textContent = `${count} new post${count > 1 ? "s" : ""}${waiting.length ? ` from ${authorsOf(waiting)}` : ""}`;
}

export function authorsOf(some) {
  const names = [
    ...new Map(some.map((post) => [post.dataset.author, post.querySelector(".post-name").textContent])).values(),
  ];
  const more = names.length - NAMED;
  if (more > 1) return `${names.slice(0, NAMED).join(", ")} and ${more} others`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
}

// Shows all that wait; what is being read stays where it is.
function reveal() {
  const waiting = waitingPosts();
  if (!waiting.length) return;
  hold(() => waiting.forEach((post) => post.classList.remove("waiting")), true);
  document.dispatchEvent(new CustomEvent("livefeed:list"));
}

function goUp() {
  if (list().dataset.from) return location.assign(location.pathname);
  reveal();
  scrollTo({ top: 0, behavior: still.matches ? "instant" : "smooth" });
  const first = visiblePosts().find((post) => !isOwn(post));
  if (first) first.tabIndex = -1;
  first?.focus({ preventScroll: true });
}
