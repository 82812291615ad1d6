// Entry point: initializes the modules and opens the page's live connection.

import { initActivation } from "./activation.js";
import { initAnnouncements, receiveAnnouncement } from "./announcements.js";
import { initAnnouncer } from "./announcer.js";
import * as awayLine from "./away-line.js";
import { initCompletion } from "./completion.js";
import { initComposer } from "./composer.js";
import { showConnectionState } from "./connection-status.js";
import { initDrafts } from "./drafts.js";
import { initFeedResponses, onShownPostsChange, receiveFrame } from "./feed.js";
import { initFirstSteps } from "./first-steps.js";
import { initFocusKeeper } from "./focus-keeper.js";
import { initFollowButtons } from "./follow-buttons.js";
import { initHeldPosts } from "./held-posts.js";
import { initKeyboard } from "./keyboard.js";
import { liveList, receiveRow } from "./live-list.js";
import { LiveSocket } from "./live-socket.js";
import { initNewPostsPill } from "./new-posts-pill.js";
import { initNotices } from "./notices.js";
import { initNotifications, showUnread } from "./notifications.js";
import { initOutbox } from "./outbox.js";
import { forgetPages, initPageRestore, restorePage } from "./page-restore.js";
import { initPagination } from "./pagination.js";
import { initPasskeys } from "./passkeys.js";
import { initPictures } from "./pictures.js";
import { initPostActions } from "./post-actions.js";
import { initPollFields } from "./poll-fields.js";
import { initPolls } from "./polls.js";
import { postList } from "./post-list.js";
import { initReactions } from "./reactions.js";
import { initTimes } from "./times.js";
import { initTitle } from "./title.js";
import { initWriting, receiveWriting } from "./writing.js";

// Listeners of the same event are called in the order of these calls.
restorePage();
initFocusKeeper();
initFeedResponses();
initTimes();
initDrafts();
initComposer();
initCompletion();
initNotices();
initAnnouncements();
initPictures();
initHeldPosts(); // before the outbox and htmx take the post
initReactions();
initPolls();
initPollFields();
initFollowButtons();
initFirstSteps();
initPostActions();
initOutbox();
initNotifications();
initNewPostsPill();
initTitle();
initAnnouncer();
initPagination();
initKeyboard();
initActivation();
initPasskeys();
initWriting();
connect();
awayLine.initAwayLine();

// A page without a list connects for announcements and the number of unread notifications.
function connect() {
  if (!document.getElementById("announcements")) return;
  const socket = new LiveSocket({
    view: document.querySelector("[data-view]")?.dataset.view ?? "shown",
    cursor: Number((postList() ?? liveList() ?? document.body).dataset.cursor),
    onFrame,
    onState: (state, detail) => {
      if (state === "refused") forgetStored();
      if (state !== "live") awayLine.onDisconnect(socket.lastMessageAt);
      showConnectionState(state, detail);
    },
    onMessage: awayLine.onMessage,
  });
  if (postList()) {
    initPageRestore(() => socket.cursor);
    onShownPostsChange((ids) => socket.setShown(ids));
  }
  showConnectionState("connecting");
  socket.open();
}

function forgetStored() {
  forgetPages();
  awayLine.forgetVisits();
}

function onFrame(frame) {
  if (receiveAnnouncement(frame)) return;
  if (frame.type === "notifications") return showUnread(frame.unread);
  if (postList()) receiveFrame(frame);
  receiveRow(frame);
  receiveWriting(frame);
}
