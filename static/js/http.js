// Requests to our own server, with the CSRF token of the page.

import { parseHtml } from "./dom.js";
import { SERVER_REACHED, dispatch } from "./events.js";

/** A refusal by the server. Its message is the server's sentence for the user. */
export class Refused extends Error {}

/** Sends a request. A request without a body is completed even if the user leaves the page (`keepalive`). */
export function request(method, address, body) {
  const headers = { "HX-Request": "true", "X-CSRFToken": csrfToken() };
  return fetch(address, { method, body, keepalive: !body, headers });
}

/** Sends a request and returns the response's HTML. Throws as `htmlOf` does. */
export async function requestHtml(method, address, body) {
  return htmlOf(await request(method, address, body));
}

/** Requests the part of a page that the server renders for htmx and the element `source`, as "form#composer". */
export function fetchPart(address, source) {
  return fetch(address, { headers: { "HX-Request": "true", "HX-Source": source } });
}

/** Returns the CSRF token of a page of a signed-in user. */
export const csrfToken = () => document.querySelector("#act [name=csrfmiddlewaretoken]").value;

/**
 * Returns the HTML of a successful response. Leaves for the sign-in page where the server redirects to it.
 *
 * Throws Refused with the server's sentence, or Error if the response is not from Livefeed. The error's
 * `hasFreshToken` is true if the response contained a new CSRF token, so that the request can be sent again.
 */
export async function htmlOf(response) {
  if (response.headers.has("HX-Redirect")) location.assign(response.headers.get("HX-Redirect"));
  if (response.ok) {
    dispatch(SERVER_REACHED);
    return response.text();
  }
  const page = parseHtml(await response.text());
  const sentence = page.querySelector(".notice, .field-error")?.textContent.trim();
  const isRefused = sentence !== undefined && response.status < 500;
  const error = isRefused ? new Refused(sentence) : new Error(response.status);
  error.hasFreshToken = response.status === 403 && takeToken(page);
  throw error;
}

/** Returns the sentence that explains a failed request to the user. */
export function errorMessage(error) {
  return error instanceof Refused ? error.message : "That did not reach the server. Try again in a moment.";
}

/**
 * Takes the token from a parsed response that the server sent because the page's own was older than the session. Returns
 * false without one.
 */
export function takeToken(page) {
  const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token) return false;
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return true;
}
