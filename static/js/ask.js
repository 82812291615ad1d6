// Asks our own server for something by script, with this reader's token.

// `keepalive`: it arrives although its page has been left.
export function ask(method, address, body) {
  const token = document.querySelector("#act [name=csrfmiddlewaretoken]").value;
  return fetch(address, { method, body, keepalive: !body, headers: { "HX-Request": "true", "X-CSRFToken": token } });
}

// A server's refusal in its own words.
export class Refused extends Error {}

// Lets an answer that is none of ours, or a refusal, be an error; leaves for the sign-in where that is asked for. A form
// that comes back because the page was older than the sign-in brings a fresh token.
export async function answered(answer) {
  if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
  if (answer.ok) return answer.text();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const said = page.querySelector(".notice, .field-error");
  const error = said && answer.status < 500 ? new Refused(said.textContent.trim()) : new Error(answer.status);
  error.isOutOfDate = answer.status === 403 && renewToken(page);
  throw error;
}

function renewToken(page) {
  const fresh = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (fresh) document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = fresh));
  return Boolean(fresh);
}

// What a reader is told of a failure.
export const sentenceOf = (error) =>
  error instanceof Refused ? error.message : "That did not reach the server. Try again in a moment.";
