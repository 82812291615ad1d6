// Uploads of pictures, one after the other: the server converts one picture of a user at a time.

import { Refused, csrfToken, htmlOf } from "./http.js";

const MAX_ATTEMPTS = 20; // to upload a picture that the server refuses for a moment
const MAX_WAIT = 10; // seconds between two attempts; if the server asks for more, the user tries again
const UNAUTHORIZED = 401;
const TOO_MANY_REQUESTS = 429;
const SIGNED_OUT = "You are signed out. Sign in in another tab, then try again: your text is still here.";

let lastUpload = Promise.resolve();

/** Calls `upload` when the uploads before it have ended. Returns its promise. */
export function inTurn(upload) {
  const uploaded = lastUpload.then(upload);
  lastUpload = uploaded.catch(() => {});
  return uploaded;
}

/**
 * Uploads a file and returns the server's HTML for it. Calls `onProgress` with the part that is sent, from 0 to 1.
 * `signal` aborts the upload. Throws as `htmlOf` does; the error's `isTemporary` is true if the same file can be sent
 * again later: the server was busy, or the user was signed out.
 */
export async function uploadPicture(file, { onProgress, signal }) {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const response = await send(file, onProgress, signal);
    const wait = response.status === TOO_MANY_REQUESTS ? Number(response.headers.get("Retry-After")) : 0;
    if (!wait || wait > MAX_WAIT || attempt === MAX_ATTEMPTS) return htmlOrError(response);
    await new Promise((resolve) => setTimeout(resolve, wait * 1000 * (0.5 + Math.random() / 2)));
  }
}

async function htmlOrError(response) {
  try {
    // Unlike other requests, an upload does not leave for the sign-in page: the page may hold text that is not sent.
    if (response.status === UNAUTHORIZED) throw new Refused(SIGNED_OUT);
    return await htmlOf(response);
  } catch (error) {
    error.isTemporary = [UNAUTHORIZED, TOO_MANY_REQUESTS].includes(response.status) || error.hasFreshToken;
    throw error;
  }
}

// Sends the file by XMLHttpRequest, since fetch does not report the progress of an upload.
function send(file, onProgress, signal) {
  const xhr = new XMLHttpRequest();
  xhr.open("POST", "/pictures/");
  xhr.setRequestHeader("HX-Request", "true");
  xhr.setRequestHeader("X-CSRFToken", csrfToken());
  xhr.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  signal.addEventListener("abort", () => xhr.abort());
  return new Promise((resolve, reject) => {
    xhr.onerror = () => reject(new Error("The upload failed."));
    xhr.onabort = () => reject(signal.reason);
    xhr.onload = () => resolve(responseOf(xhr));
    xhr.send(formWith(file));
  });
}

function responseOf(xhr) {
  const headers = { "Retry-After": xhr.getResponseHeader("Retry-After") ?? "" };
  return new Response(xhr.responseText, { status: xhr.status, headers });
}

function formWith(file) {
  const form = new FormData();
  form.append("file", file);
  return form;
}
