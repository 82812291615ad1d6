// Phrases that several modules show or announce.

const MAX_NAMES = 2; // authors named before the others are counted

/** Returns "1 new post", "2 new posts". */
export const countOf = (count, noun) => `${count} ${noun}${count > 1 ? "s" : ""}`;

/** Returns the authors of posts: "Ada", "Ada and Ben", "Ada, Ben and Cleo", "Ada, Ben and 2 others". */
export function authorNames(posts) {
  const nameById = new Map(posts.map((post) => [post.dataset.author, authorName(post)]));
  const names = [...nameById.values()];
  const others = names.length - MAX_NAMES;
  if (others > 1) return `${names.slice(0, MAX_NAMES).join(", ")} and ${others} others`;
  if (names.length === 1) return names[0];
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Returns the display name of a post's author. */
export const authorName = (post) => post.querySelector(".post-name").textContent;
