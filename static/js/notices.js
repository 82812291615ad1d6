// Says so when something could not be sent, and lets no foreign error page into ours: what the server refuses in its own
// words comes with HX-Retarget or as the form itself; a proxy's or a developer's page does not.

const SAFE = "Nothing is lost: try again in a moment.";

export function keepNotices() {
  document.addEventListener(
    "htmx:error",
    (event) => event.detail.ctx?.request && say(`That could not be sent. ${SAFE}`),
  );
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const { status } = ctx.response;
    if (ctx.hx.retarget || (status !== 400 && status < 500)) return;
    ctx.hx.reswap = "none";
    ctx.text = "";
    say(`That did not work. ${SAFE}`);
  });
  document.addEventListener("htmx:before:request", () => document.getElementById("notices").replaceChildren());
}

// Shows a sentence where everybody sees it, and lets it be read out.
export function say(sentence) {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = sentence;
  document.getElementById("notices").replaceChildren(notice);
}
