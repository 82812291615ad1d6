// Wires a page together: what it shows, its socket, its clocks, its composer, its notices.
import { LiveSocket } from "./live.js";
import * as feed from "./feed.js";
import { awaitActivation } from "./activation.js";
import { keepActions } from "./actions.js";
import { keepAvatar } from "./avatar.js";
import { keepTimes } from "./times.js";
import { keepComposers } from "./composer.js";
import { keepCompletions } from "./completion.js";
import { keepDrafts } from "./drafts.js";
import { keepMarks } from "./marks.js";
import { keepOutbox } from "./outbox.js";
import { keepPictures } from "./pictures.js";
import { keepNotices } from "./notices.js";
import { keepNotifications, showUnread } from "./notifications.js";
import { showState } from "./connection.js";

keepTimes();
keepAvatar();
keepDrafts();
keepComposers();
keepCompletions();
keepNotices();
keepPictures();
keepMarks();
keepActions();
keepOutbox();
keepNotifications();
awaitActivation();

const posts = document.getElementById("posts");
const badge = document.querySelector("[data-unread]"); // a page without a feed listens for its reader's notifications
if (posts || badge) {
  const socket = new LiveSocket({
    view: posts?.dataset.view ?? "shown",
    cursor: Number((posts ?? badge).dataset.cursor),
    receive: (frame) => (frame.type === "notifications" ? showUnread(frame.unread) : posts && feed.receive(frame)),
    state: showState,
  });
  if (posts) feed.whenShownChanges((ids) => socket.showing(ids));
  socket.open();
}
