// One WebSocket for the page, or a poll in its place: where it stands in the log, whether it is alive, how it comes back.
//
// The cursor is the last position this page has passed. It outlives the socket: whatever was missed while the page was
// offline, asleep or in the back-forward cache is asked for by it on the next opening.

import { PollSocket } from "./poll.js";

const SILENCE = 60_000; // ms without a frame (the server sends one every 25 s) after which a socket counts as dead
const LONGEST_WAIT = 30_000; // ms between two attempts
const CROWDED_WAIT = 120_000; // ms at most before coming back to where too many pages were open
const TRIED = 2; // attempts in a row after which the other way, HTTP or WebSocket, is tried in turn
const TELL_PAUSE = 200; // ms in which changes of what the page shows are told as one
const REFUSED = (code) => code >= 3500 && code < 4000;
const CROWDED = (code) => code === 3009 || code === 3010;

export class LiveSocket {
  #socket = null;
  #cursor;
  #view;
  #receive;
  #state;
  #mended;
  #heard = 0;
  #attempts = 0;
  #timer = 0;
  #refused = false;
  #shown = [];
  #telling = 0;
  #polls = false;

  // view: what the page shows. cursor: the log's position before its data was read. receive(frame) is called for each
  // frame; state(name, detail) with "connecting", "live", "offline" or "refused"; mended(isReplay) before the frames of
  // each message, with whether they are what was missed, up to now.
  constructor({ view, cursor, receive, state, mended }) {
    this.#view = view;
    this.#cursor = cursor;
    this.#receive = receive;
    this.#state = state;
    this.#mended = mended;
    addEventListener("online", () => this.#wake());
    addEventListener("offline", () => this.#drop());
    addEventListener("pagehide", () => this.#drop());
    addEventListener("pageshow", (event) => event.persisted && this.#wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    setInterval(() => this.#check(), 5_000);
  }

  // The position that the page has passed.
  get cursor() {
    return this.#cursor;
  }

  // When the page was last known to know everything, in ms since 1970.
  get heardAt() {
    return this.#heard;
  }

  open() {
    clearTimeout(this.#timer);
    const address = new URL("/ws/feed/", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.search = new URLSearchParams({ view: this.#view, after: this.#cursor });
    const socket = (this.#socket = this.#polls ? new PollSocket(address) : new WebSocket(address));
    this.#heard = Date.now();
    socket.onmessage = (message) => socket === this.#socket && this.#hear(JSON.parse(message.data));
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
  }

  // Tells the server which posts the page shows, so that it hears of changes to these.
  showing(ids) {
    this.#shown = ids;
    this.#telling ||= setTimeout(() => this.#tell(), TELL_PAUSE);
  }

  #tell() {
    this.#telling = 0;
    if (this.#attempts === 0 && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type: "showing", ids: this.#shown }));
    }
  }

  #hear(frames) {
    this.#heard = Date.now();
    const told = [frames].flat();
    const isReplay = told.length > 1 && told.at(-1).type === "heartbeat";
    if (!told.some(({ type }) => type === "hello" || type === "reset")) this.#mended(isReplay);
    for (const frame of told) {
      if (frame.type === "hello") this.#welcomed();
      else if (frame.type === "error") this.#state("refused", frame.detail);
      else this.#receive(frame);
      if (frame.cursor > this.#cursor || frame.type === "reset") this.#cursor = frame.cursor;
    }
  }

  #welcomed() {
    this.#attempts = 0;
    this.#state("live");
    this.#tell();
  }

  #closed(code) {
    this.#socket = null;
    this.#refused = REFUSED(code);
    if (this.#refused) return;
    this.#state(navigator.onLine ? "connecting" : "offline");
    const longest = CROWDED(code) ? CROWDED_WAIT : Math.min(LONGEST_WAIT, 1_000 * 2 ** this.#attempts);
    if (++this.#attempts >= TRIED) this.#polls = !this.#polls;
    this.#timer = setTimeout(() => this.open(), longest * (0.25 + 0.75 * Math.random()));
  }

  // Closes quietly; somebody else will wake the socket.
  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    if (!this.#refused) this.#state("offline");
  }

  // The page is looked at again, or the network is back: a socket that may be dead is not waited for.
  #wake() {
    if (this.#refused) return;
    const fresh = this.#socket?.readyState === WebSocket.OPEN && Date.now() - this.#heard < SILENCE / 2;
    if (fresh || this.#socket?.readyState === WebSocket.CONNECTING) return;
    this.#reopen();
  }

  #check() {
    if (this.#socket && Date.now() - this.#heard > SILENCE) this.#reopen();
  }

  #reopen() {
    this.#drop();
    this.#polls = false;
    this.#state("connecting");
    this.open();
  }
}
