// Says quietly how the page is connected.

const words = { connecting: "Connecting", live: "Live", offline: "Offline", refused: "Not live" };

export function showState(name, detail) {
  const element = document.getElementById("connection");
  if (!element || element.dataset.state === name) return;
  element.dataset.state = name;
  element.title = detail ?? "";
  element.querySelector(".connection-text").textContent = words[name];
}
