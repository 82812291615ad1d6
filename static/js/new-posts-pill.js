// The pill: a button for new posts that arrive while the user reads further down. They are in the list already, so that
// edits and deletions reach them, but hidden until the user clicks the pill or scrolls to the top.

import { focusSilently, prefersReducedMotion } from "./dom.js";
import { LIST_CHANGED, POST_AHEAD, dispatch, subscribe } from "./events.js";
import { hiddenPosts, isOwnPost, newPostsText, postList, visiblePosts } from "./post-list.js";
import { keepScrollPosition } from "./scroll-anchor.js";

const TOP_DISTANCE = 16; // px from the top of the page within which the user is at the top

let postsAhead = 0; // new posts above the first post of a page that starts further down

const pill = () => document.getElementById("pill");

/** Shows the pill while posts are hidden. */
export function initNewPostsPill() {
  if (!pill()) return;
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
  if (postList().dataset.from) return location.assign(location.pathname);
  reveal();
  scrollTo({ top: 0, behavior: prefersReducedMotion() ? "instant" : "smooth" });
  const first = visiblePosts().find((post) => !isOwnPost(post));
  if (first) focusSilently(first);
}
