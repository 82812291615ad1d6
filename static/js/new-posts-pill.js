// The pill: a button for new posts that arrive while the user reads further down. They are in the list already, so that
// edits and deletions reach them, but hidden until the user clicks the pill or scrolls to the top.

import { focusSilently, prefersReducedMotion } from "./dom.js";
import { LIST_CHANGED, POST_AHEAD, dispatch, subscribe } from "./events.js";
import { hiddenPosts, isOwnPost, newPostsText, postList, visiblePosts } from "./post-list.js";
import { keepScrollPosition } from "./scroll-anchor.js";
import { session } from "./storage.js";

const TOP_DISTANCE = 16; // px from the top of the page within which the user is at the top
const FOCUS_KEY = "livefeed-focus-first"; // set if the next page focuses its first post

let postsAhead = 0; // new posts above the first post of a page that starts further down

const pill = () => document.getElementById("pill");

/** Shows the pill while posts are hidden. */
export function initNewPostsPill() {
  if (!pill()) return;
  if (session.read(FOCUS_KEY)) focusFirst();
  session.remove(FOCUS_KEY);
  pill().addEventListener("click", goToTop);
  addEventListener("scroll", () => scrollY <= TOP_DISTANCE && reveal(), { passive: true });
  subscribe(LIST_CHANGED, update);
  subscribe(POST_AHEAD, () => {
    postsAhead++;
    update();
  });
}

/** True if a new post before `next` must be hidden, because it would move what the user is reading. */
export function mustHide(next) {
  const isReading = scrollY > TOP_DISTANCE || postList().querySelector(":focus-visible");
  const isAboveWindowEnd = next && next.getBoundingClientRect().top < innerHeight;
  return Boolean(pill() && isReading && isAboveWindowEnd);
}

function update() {
  const hidden = hiddenPosts();
  const count = hidden.length + postsAhead;
  pill().hidden = count === 0;
  if (count) pill().textContent = newPostsText(count, hidden);
}

// Shows all hidden posts; what the user is reading stays where it is.
function reveal() {
  const hidden = hiddenPosts();
  if (!hidden.length) return;
  keepScrollPosition(() => hidden.forEach((post) => post.classList.remove("hidden-new")), { atTopToo: true });
  dispatch(LIST_CHANGED);
}

function goToTop() {
  if (postList().dataset.from) return loadTop();
  reveal();
  scrollTo({ top: 0, behavior: prefersReducedMotion() ? "instant" : "smooth" });
  focusFirst();
}

function focusFirst() {
  const first = visiblePosts().find((post) => !isOwnPost(post));
  if (first) focusSilently(first);
}

// Loads the page that starts with the newest posts. The focus goes to the first of them.
function loadTop() {
  session.write(FOCUS_KEY, true);
  location.assign(location.pathname);
}
