// Polls in posts: voting, and results. The HTML of a poll is the same for all viewers and contains the results; what the
// page's user has voted for is listed apart from it, in `.votes` elements. The results are shown once the user has voted
// or the poll has ended.

import { delegate, focusSilently } from "./dom.js";
import { CONTENT_ADDED, dispatch, subscribe } from "./events.js";
import { requestHtml } from "./http.js";
import { showError } from "./notices.js";

const MAX_TIMEOUT = 60 * 60 * 1_000; // ms; longer timers are not exact, and browsers limit them to 24 days

const votes = new Set(); // ids of the options that the user has voted for
const choices = new Set(); // ids of the options that are selected and not sent yet: they survive an edit of the post
const otherTabs = new BroadcastChannel("livefeed-votes"); // of the same user

let endTimer = 0;

const optionId = (input) => input.value;
const pollOf = (element) => element.closest(".poll");
const inputsOf = (poll) => [...poll.querySelectorAll("input")];

/** Shows the user's votes, handles the buttons, and shows the results of polls when they end. */
export function initPolls() {
  update(document);
  subscribe(CONTENT_ADDED, (element) => update(element ?? document));
  otherTabs.addEventListener("message", ({ data }) => addVotes(data));
  delegate("change", ".poll input", (input) => rememberChoices(pollOf(input)));
  delegate("click", ".poll-vote", onVote);
}

/** Shows the numbers of votes in the poll of a post: { votes, options: [numbers] }. */
export function showVotes(postId, { votes: voters, options }) {
  const poll = document.getElementById(`poll-${postId}`);
  if (!poll) return;
  poll.querySelector(".poll-total").textContent = votesText(voters);
  poll.querySelectorAll(".poll-option").forEach((option, index) => {
    const percent = voters ? Math.round((100 * options[index]) / voters) : 0;
    option.querySelector(".poll-percent").textContent = `${percent} %`;
    option.querySelector(".poll-votes").textContent = votesText(options[index]);
    option.querySelector("rect").setAttribute("width", `${percent}%`);
  });
}

const votesText = (count) => `${count.toLocaleString("en")} vote${count === 1 ? "" : "s"}`;

// Shows the state of the polls in new HTML. A list that is restored after going back shows the user's votes already.
function update(root) {
  for (const element of root.querySelectorAll(".votes")) {
    for (const id of element.dataset.options.split(" ")) votes.add(id);
    element.remove();
  }
  for (const option of root.querySelectorAll(".poll-option.own")) votes.add(optionId(option.querySelector("input")));
  for (const poll of root.querySelectorAll(".poll")) updatePoll(poll);
  showEnded();
}

function updatePoll(poll) {
  for (const input of inputsOf(poll)) {
    input.checked = choices.has(optionId(input));
    input.closest(".poll-option").classList.toggle("own", votes.has(optionId(input)));
  }
  poll.classList.toggle("voted", poll.querySelector(".own") !== null);
}

function rememberChoices(poll) {
  for (const input of inputsOf(poll)) {
    if (input.checked) choices.add(optionId(input));
    else choices.delete(optionId(input));
  }
}

// --- Voting ---

function onVote(button, event) {
  event.preventDefault();
  const isSignedIn = document.getElementById("act");
  if (isSignedIn) vote(button);
  else location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
}

async function vote(button) {
  const poll = pollOf(button);
  const chosen = inputsOf(poll).filter((input) => input.checked);
  button.disabled = true;
  try {
    const fields = new URLSearchParams(chosen.map((input) => [input.name, input.value]));
    const counts = JSON.parse(await requestHtml("POST", button.formAction, fields));
    showVotes(poll.closest(".post").dataset.post, counts);
    addVotes(chosen.map(optionId));
    otherTabs.postMessage(chosen.map(optionId));
    focusSilently(document.getElementById(poll.id)); // the button is hidden now
  } catch (error) {
    showError(error);
  } finally {
    button.disabled = false;
  }
}

function addVotes(optionIds) {
  for (const id of optionIds) {
    votes.add(id);
    choices.delete(id);
  }
  document.querySelectorAll(".poll").forEach(updatePoll);
}

// --- Ends ---

// Shows the results of polls that have ended, now and when the next one ends.
function showEnded() {
  const open = [...document.querySelectorAll(".poll:not(.ended)")];
  const timeLeft = (poll) => new Date(poll.dataset.ends) - Date.now();
  for (const poll of open.filter((each) => timeLeft(each) <= 0)) {
    poll.classList.add("ended");
    dispatch(CONTENT_ADDED, poll); // for the text of its time
  }
  clearTimeout(endTimer);
  const next = Math.min(...open.map(timeLeft).filter((time) => time > 0), MAX_TIMEOUT);
  if (open.length) endTimer = setTimeout(showEnded, next);
}
