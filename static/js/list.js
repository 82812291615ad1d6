// The page's list of posts: what is in it, and how it changes without anything that is being read moving.

export const MOST_SHOWN = 300; // posts in a page, which is also how many ids the server remembers for one

const HEAD = 56; // px at the top of the window under the page's heading
const QUICK = 150; // ms that something takes to its place

export const list = () => document.getElementById("posts");
export const still = matchMedia("(prefers-reduced-motion: reduce)");
export const postElement = (id) => document.getElementById(`post-${id}`);
export const isOwn = (post) => post.dataset.author === document.body.dataset.viewer;

// All of them, those that wait behind the pill too.
export const posts = () => [...list().querySelectorAll(":scope > .post")];
export const waitingPosts = () => [...list().querySelectorAll(":scope > .post.waiting")];
export const visiblePosts = () => [...list().querySelectorAll(":scope > .post:not(.waiting)")];

// Whether `one` stands above `other`, both sort keys.
export function comesBefore(one, other) {
  return list().dataset.order === "oldest" ? one < other : one > other;
}

const rectOf = (element) => {
  const { top, bottom } = element.getBoundingClientRect();
  return { top, bottom };
};

// Makes a change of the list; what stands in the window stays where it stands, unless that is the page's beginning.
export function hold(change, atTopToo = false) {
  const places = scrollY > 0 || atTopToo ? visiblePosts().map((post) => ({ id: post.id, ...rectOf(post) })) : [];
  const inWindow = places.filter(({ bottom }) => bottom > HEAD);
  change();
  const stillThere = ({ id }) => document.getElementById(id);
  const kept = inWindow.find((place) => place.top >= HEAD && stillThere(place)) ?? inWindow.find(stillThere);
  if (kept) scrollBy({ top: rectOf(stillThere(kept)).top - kept.top, behavior: "instant" });
}

// Makes a change of the list; what it moves in the window goes there smoothly. By transforms: to the browser nothing jumps.
export function ease(change) {
  const isNear = ([, { top, bottom }]) => bottom > -innerHeight && top < 2 * innerHeight; // it may come into the window
  const seen =
    still.matches || document.hidden
      ? []
      : [...list().children].map((each) => [each, each.getBoundingClientRect()]).filter(isNear);
  hold(change);
  for (const [each, { top }] of seen) {
    const by = each.isConnected ? top - each.getBoundingClientRect().top : 0;
    if (by)
      each.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], {
        duration: QUICK,
        easing: "ease-out",
      });
  }
}

// Tells the page that a post came (`new`), was changed (`edited`) or went (`removed`), by somebody else than the reader.
export function announce(what, post) {
  if (!isOwn(post)) document.dispatchEvent(new CustomEvent(`livefeed:${what}`, { detail: post }));
}
