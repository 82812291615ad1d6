// Wires a page together: what it shows, its socket, its clocks, its composer, its notices.
import { LiveSocket } from "./live.js";
import * as feed from "./feed.js";
import * as absence from "./absence.js";
import { awaitActivation } from "./activation.js";
import { keepActions } from "./actions.js";
import { keepAnnouncer } from "./announcer.js";
import { keepAvatar } from "./avatar.js";
import { keepTimes } from "./times.js";
import { keepComposers } from "./composer.js";
import { keepCompletions } from "./completion.js";
import { keepDrafts } from "./drafts.js";
import { keepKeys } from "./keys.js";
import { keepMarks } from "./marks.js";
import { keepOlder } from "./older.js";
import { keepOutbox } from "./outbox.js";
import { keepPictures } from "./pictures.js";
import { keepPill } from "./pill.js";
import { keepPlace, restorePlace } from "./place.js";
import { keepNotices } from "./notices.js";
import { keepNotifications, showUnread } from "./notifications.js";
import { keepTitle } from "./title.js";
import { showState } from "./connection.js";

restorePlace();
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
keepPill();
keepTitle();
keepAnnouncer();
keepOlder();
keepKeys();
awaitActivation();

const posts = document.getElementById("posts");
const badge = document.querySelector("[data-unread]"); // a page without a feed listens for its reader's notifications
if (posts || badge) {
  const socket = new LiveSocket({
    view: posts?.dataset.view ?? "shown",
    cursor: Number((posts ?? badge).dataset.cursor),
    receive: (frame) => (frame.type === "notifications" ? showUnread(frame.unread) : posts && feed.receive(frame)),
    state: (name, detail) => {
      if (name !== "live") absence.cut(socket.heardAt);
      showState(name, detail);
    },
    mended: absence.mended,
  });
  if (posts) {
    keepPlace(() => socket.cursor);
    feed.whenShownChanges((ids) => socket.showing(ids));
  }
  socket.open();
}
absence.keepAbsence();
