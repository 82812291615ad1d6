// The page's live connection: a WebSocket, or HTTP polling where a network lets no WebSocket through.
//
// The cursor is the last position in the event log that this page has processed. It outlives the socket: on reconnect
// the server replays what the page missed while it was offline, asleep or in the back-forward cache.

import { PollSocket } from "./poll-socket.js";

const SILENCE_TIMEOUT = 60_000; // ms without a frame after which a connection counts as dead; heartbeats: 25 s
const CHECK_INTERVAL = 5_000; // ms between two checks for silence
const MAX_RETRY_DELAY = 30_000; // ms between two attempts to connect
const TOO_MANY_RETRY_DELAY = 120_000; // ms at most, after the server closed the connection because too many were open
const MAX_FAILED_ATTEMPTS = 2; // in a row; from then on WebSocket and polling are tried in turn
const SHOWING_DELAY = 200; // ms during which changes of the shown posts are combined into one frame

const isRefusal = (code) => code >= 3500 && code < 4000;
const isTooMany = (code) => code === 3009 || code === 3010;

/** Receives frames, and reconnects with exponential backoff and jitter. */
export class LiveSocket {
  #socket = null;
  #view;
  #cursor;
  #onFrame;
  #onState;
  #onMessage;
  #lastMessageAt = 0;
  #failedAttempts = 0;
  #retryTimer = 0;
  #isRefused = false;
  #usesPolling = false;
  #shownIds = [];
  #showingTimer = 0;

  /**
   * view: what the page shows. cursor: the log's position before the page's data was read.
   * onFrame(frame): called for each frame.
   * onState(name, detail): called with "connecting", "live", "offline" or "refused".
   * onMessage(isReplay): called before the frames of each message after the first one of a connection; isReplay is
   * true if they are what the page missed.
   */
  constructor({ view, cursor, onFrame, onState, onMessage }) {
    this.#view = view;
    this.#cursor = cursor;
    this.#onFrame = onFrame;
    this.#onState = onState;
    this.#onMessage = onMessage;
    addEventListener("online", () => this.#ensureOpen());
    addEventListener("offline", () => this.#disconnect());
    addEventListener("pagehide", () => this.#disconnect());
    addEventListener("pageshow", (event) => event.persisted && this.#ensureOpen());
    document.addEventListener("visibilitychange", () => document.hidden || this.#ensureOpen());
    setInterval(() => this.#checkSilence(), CHECK_INTERVAL);
  }

  // The last position in the log that the page has processed.
  get cursor() {
    return this.#cursor;
  }

  // The time of the last message, or of opening, in ms since 1970.
  get lastMessageAt() {
    return this.#lastMessageAt;
  }

  open() {
    clearTimeout(this.#retryTimer);
    const address = this.#address();
    const socket = this.#usesPolling ? new PollSocket(address) : new WebSocket(address);
    this.#socket = socket;
    this.#lastMessageAt = Date.now();
    socket.onmessage = (message) => socket === this.#socket && this.#receive(JSON.parse(message.data));
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
  }

  // Subscribes to changes of the posts with these ids, in place of those before.
  setShown(ids) {
    this.#shownIds = ids;
    if (this.#showingTimer) return;
    this.#showingTimer = setTimeout(() => this.#sendShown(), SHOWING_DELAY);
  }

  #address() {
    const address = new URL("/ws/feed/", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.search = new URLSearchParams({ view: this.#view, after: this.#cursor });
    return address;
  }

  #sendShown() {
    this.#showingTimer = 0;
    const isWelcomed = this.#failedAttempts === 0 && this.#socket?.readyState === WebSocket.OPEN;
    if (isWelcomed) this.#socket.send(JSON.stringify({ type: "showing", ids: this.#shownIds }));
  }

  // One message holds one frame, or several in an array. A replay ends with a heartbeat.
  #receive(message) {
    this.#lastMessageAt = Date.now();
    const frames = [message].flat();
    const isReplay = frames.length > 1 && frames.at(-1).type === "heartbeat";
    const isFirst = frames.some(({ type }) => type === "hello" || type === "reset");
    if (!isFirst) this.#onMessage(isReplay);
    for (const frame of frames) {
      if (frame.type === "hello") this.#welcomed();
      else if (frame.type === "error") this.#onState("refused", frame.detail);
      else this.#onFrame(frame);
      if (frame.cursor > this.#cursor || frame.type === "reset") this.#cursor = frame.cursor;
    }
  }

  #welcomed() {
    this.#failedAttempts = 0;
    this.#onState("live");
    this.#sendShown();
  }

  #closed(code) {
    this.#socket = null;
    this.#isRefused = isRefusal(code);
    if (this.#isRefused) return;
    this.#onState(navigator.onLine ? "connecting" : "offline");
    const backoff = Math.min(MAX_RETRY_DELAY, 1_000 * 2 ** this.#failedAttempts);
    const longest = isTooMany(code) ? TOO_MANY_RETRY_DELAY : backoff;
    const jitter = 0.25 + 0.75 * Math.random();
    this.#failedAttempts++;
    if (this.#failedAttempts >= MAX_FAILED_ATTEMPTS) this.#usesPolling = !this.#usesPolling;
    this.#retryTimer = setTimeout(() => this.open(), longest * jitter);
  }

  // Closes without a retry: an event of the page or the silence check opens the next connection.
  #disconnect() {
    clearTimeout(this.#retryTimer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    if (!this.#isRefused) this.#onState("offline");
  }

  // Called when the page is visible again or the network is back. A connection that may be dead is replaced at once.
  #ensureOpen() {
    if (this.#isRefused) return;
    const isFresh = Date.now() - this.#lastMessageAt < SILENCE_TIMEOUT / 2;
    const isAlive = this.#socket?.readyState === WebSocket.OPEN && isFresh;
    if (!isAlive && this.#socket?.readyState !== WebSocket.CONNECTING) this.#reopen();
  }

  #checkSilence() {
    if (this.#socket && Date.now() - this.#lastMessageAt > SILENCE_TIMEOUT) this.#reopen();
  }

  #reopen() {
    this.#disconnect();
    this.#usesPolling = false;
    this.#onState("connecting");
    this.open();
  }
}
