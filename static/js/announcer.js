// Says to those who listen instead of looking what comes, in batches: how many, or each, or nothing, as they chose.

import { authorsOf } from "./pill.js";

const PAUSE = 4_000; // ms in which new posts are told as one
const MOST = 3; // posts read out one by one; more are counted
const LONGEST = 140; // characters of each

let due = [];

const place = () => document.getElementById("announcer");
const mode = () => document.body.dataset.announce;

export function keepAnnouncer() {
  document.addEventListener("livefeed:new", ({ detail }) => {
    if (mode() === "off" || document.hidden) return;
    if (!due.length) setTimeout(tell, PAUSE);
    due.push(detail.id);
  });
}

// Says a sentence once.
export function speak(sentence) {
  if (mode() !== "off") place().textContent = sentence;
}

function tell() {
  const there = due.map((id) => document.getElementById(id)).filter(Boolean);
  due = [];
  if (!there.length) return;
  if (mode() === "each" && there.length <= MOST) speak(there.map(sentenceOf).join(" "));
  else speak(`${there.length} new post${there.length > 1 ? "s" : ""} from ${authorsOf(there)}.`);
}

function sentenceOf(post) {
  const text = [...post.querySelectorAll(".post-title, .post-body")].map((part) => part.textContent.trim()).join(". ");
  return `${post.querySelector(".post-name").textContent}: ${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}`;
}
