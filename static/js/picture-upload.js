// Uploads a picture and shows the progress.

import { csrfToken, htmlOf } from "./http.js";

/**
 * Uploads a file and returns the server's HTML for it. Moves the <progress> of `item`; the event "removed" on `item`
 * aborts the upload. By XMLHttpRequest, since fetch does not report the progress of an upload.
 */
export function upload(file, item) {
  const xhr = new XMLHttpRequest();
  xhr.open("POST", "/pictures/");
  xhr.setRequestHeader("HX-Request", "true");
  xhr.setRequestHeader("X-CSRFToken", csrfToken());
  xhr.upload.onprogress = ({ loaded, total }) => (item.querySelector("progress").value = loaded / total);
  item.addEventListener("removed", () => xhr.abort());
  return new Promise((resolve, reject) => {
    xhr.onerror = () => reject(new Error("The upload failed."));
    xhr.onload = () => resolve(htmlOf(new Response(xhr.responseText, { status: xhr.status })));
    xhr.send(formWith(file));
  });
}

function formWith(file) {
  const form = new FormData();
  form.append("file", file);
  return form;
}
