// Asks our own server for something by script, with this reader's token.

// `keepalive`: it arrives although its page has been left.
export function ask(method, address, body) {
  const token = document.querySelector("#act [name=csrfmiddlewaretoken]").value;
  return fetch(address, { method, body, keepalive: !body, headers: { "HX-Request": "true", "X-CSRFToken": token } });
}

// A server's refusal in its own words.
export class Refused extends Error {}

// Lets an answer that is none of ours, or a refusal, be an error; leaves for the sign-in where that is asked for.
export async function answered(answer) {
  if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
  if (answer.ok) return answer.text();
  const said = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".notice, .field-error");
  throw said && answer.status < 500 ? new Refused(said.textContent.trim()) : new Error(answer.status);
}

// What a reader is told of a failure.
export const sentenceOf = (error) => (error instanceof Refused ? error.message : "That did not reach the server. Try again in a moment.");
