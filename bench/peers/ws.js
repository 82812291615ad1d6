// ws: each post is sent to every open socket, as its documentation shows, from one buffer.
"use strict";

const { WebSocket, WebSocketServer } = require("ws");
const { listen, makeServer } = require("./posts.js");

const server = makeServer((html) => {
  const data = Buffer.from(html);
  for (const client of sockets.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(data, { binary: false });
  }
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on("connection", (socket) => socket.send("hello"));
listen(server);
