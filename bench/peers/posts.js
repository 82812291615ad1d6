// What both Node.js peers share: an HTTP server that takes `POST /posts/` and broadcasts the post as HTML.
"use strict";

const http = require("node:http");

const BYTES = 1100; // about the size of a post as Livefeed sends it
const BACKLOG = 2048;

const read = async (request) => {
  let form = "";
  for await (const part of request) form += part;
  return new URLSearchParams(form).get("body");
};

// Calls `broadcast(html)` for each post.
exports.makeServer = (broadcast) =>
  http.createServer(async (request, response) => {
    const html = `<article class="post"><p class="post-body">${await read(request)}</p></article>`;
    broadcast(html.padEnd(BYTES, "."));
    response.end(html);
  });

exports.listen = (server) => server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: BACKLOG });
