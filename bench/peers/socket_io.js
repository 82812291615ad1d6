// Socket.IO: each post is emitted to all sockets. Its message is encoded once for all of them.
"use strict";

const { Server } = require("socket.io");
const { listen, makeServer } = require("./posts.js");

const server = makeServer((html) => io.emit("post.created", html));
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });

io.on("connection", (socket) => socket.emit("hello"));
listen(server);
