// HTTP long polling with the interface of a WebSocket, for networks that let no WebSocket through.

const RECONNECT = 3001; // close code: the client may connect again
const REFUSED = 3504; // close code: the client must not connect again

/** Polls for the frames that a WebSocket at the same address would receive. */
export class PollSocket {
  readyState = WebSocket.CONNECTING;
  onmessage = null; // called with { data }
  onclose = null; // called with { code }
  #address;
  #abort = new AbortController();

  // address: the WebSocket's URL, with `view` and `after`.
  constructor(address) {
    this.#address = new URL(address);
    this.#address.protocol = location.protocol;
    this.#run();
  }

  // Does nothing: the server sends a polling page the changes of all posts, whether it shows them or not.
  send() {}

  close() {
    this.readyState = WebSocket.CLOSED;
    this.#abort.abort();
  }

  // The first request does not wait for events: its response shows that polling works.
  async #run() {
    this.#address.searchParams.set("wait", "0");
    let code = null;
    while (code === null) code = await this.#poll();
    this.#end(code);
  }

  // Polls once. Returns null, or the close code with which polling ends.
  async #poll() {
    let response;
    try {
      response = await fetch(this.#address, { signal: this.#abort.signal, cache: "no-store" });
      this.#receive(await response.json());
    } catch {
      return RECONNECT;
    }
    this.#address.searchParams.delete("wait");
    if (response.ok) return null;
    return response.status === 403 ? REFUSED : RECONNECT;
  }

  #receive(frames) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.OPEN;
    for (const { cursor } of frames) {
      if (cursor !== undefined) this.#address.searchParams.set("after", cursor);
    }
    this.onmessage?.({ data: JSON.stringify(frames) });
  }

  #end(code) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }
}
