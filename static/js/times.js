// Keeps every <time> current: "now", "3 min", "2 h", a weekday, a date; the exact moment, in the reader's zone, on hover.

const { language, zone } = document.body.dataset; // as the reader chose; else as the browser says
const format = (options) => {
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(undefined, options); // a zone that this browser does not know
  }
};
const exact = format({ dateStyle: "full", timeStyle: "short" });
const weekday = format({ weekday: "short", hour: "numeric", minute: "2-digit" });
const day = format({ day: "numeric", month: "short" });
const dayOfYear = format({ day: "numeric", month: "short", year: "numeric" });

export function keepTimes() {
  tell(document.body);
  setInterval(() => tell(document.body), 30_000);
  document.addEventListener("livefeed:arrived", (event) => event.detail && tell(event.detail));
}

function tell(root) {
  for (const element of root.querySelectorAll("time")) {
    const then = new Date(element.dateTime);
    element.textContent = relative(then, new Date());
    element.title = exact.format(then);
  }
}

function relative(then, now) {
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
  if (minutes < 6 * 24 * 60) return weekday.format(then);
  return (then.getFullYear() === now.getFullYear() ? day : dayOfYear).format(then);
}
