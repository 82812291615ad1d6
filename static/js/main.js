// Entry point: initializes the modules and opens the page's live connection.

import { initActivation } from "./activation.js";
import { initAnnouncer } from "./announcer.js";
import * as awayLine from "./away-line.js";
import { initCompletion } from "./completion.js";
import { initComposer } from "./composer.js";
import { showConnectionState } from "./connection-status.js";
import { initDrafts } from "./drafts.js";
import { initFeedResponses, onShownPostsChange, receiveFrame } from "./feed.js";
import { initKeyboard } from "./keyboard.js";
import { LiveSocket } from "./live-socket.js";
import { initNewPostsPill } from "./new-posts-pill.js";
import { initNotices } from "./notices.js";
import { initNotifications, showUnread } from "./notifications.js";
import { initOutbox } from "./outbox.js";
import { forgetPages, initPageRestore, restorePage } from "./page-restore.js";
import { initPagination } from "./pagination.js";
import { initPictures } from "./pictures.js";
import { initPostActions } from "./post-actions.js";
import { postList } from "./post-list.js";
import { initReactions } from "./reactions.js";
import { initTimes } from "./times.js";
import { initTitle } from "./title.js";

// Listeners of the same event are called in the order of these calls.
restorePage();
initFeedResponses();
initTimes();
initDrafts();
initComposer();
initCompletion();
initNotices();
initPictures();
initReactions();
initPostActions();
initOutbox();
initNotifications();
initNewPostsPill();
initTitle();
initAnnouncer();
initPagination();
initKeyboard();
initActivation();
connect();
awayLine.initAwayLine();

// A page without posts connects for the number of unread notifications, if it shows it.
function connect() {
  const source = postList() ?? document.querySelector("[data-unread]");
  if (!source) return;
  const socket = new LiveSocket({
    view: postList()?.dataset.view ?? "shown",
    cursor: Number(source.dataset.cursor),
    onFrame,
    onState: (state, detail) => {
      if (state !== "live") awayLine.onDisconnect(socket.lastMessageAt);
      if (state === "refused") forgetPages();
      showConnectionState(state, detail);
    },
    onMessage: awayLine.onMessage,
  });
  if (postList()) {
    initPageRestore(() => socket.cursor);
    onShownPostsChange((ids) => socket.setShown(ids));
  }
  socket.open();
}

function onFrame(frame) {
  if (frame.type === "notifications") showUnread(frame.unread);
  else if (postList()) receiveFrame(frame);
}
