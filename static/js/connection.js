// Says quietly how the page is connected; where it stays offline, a line at the top says what that means.

const words = { connecting: "Connecting", live: "Live", offline: "Offline", refused: "Not live" };
const PATIENCE = 1_000; // ms offline before the line is shown: not on the way to another page

let current = "";
let timer = 0;

export function showState(name, detail) {
  if (current === name) return;
  current = name;
  clearTimeout(timer);
  timer = setTimeout(() => (document.body.dataset.connection = name), name === "offline" ? PATIENCE : 0);
  document.dispatchEvent(new CustomEvent("livefeed:connection", { detail: name }));
  const element = document.getElementById("connection");
  if (!element) return;
  element.dataset.state = name;
  element.title = detail ?? "";
  element.querySelector(".connection-text").textContent = words[name];
}
