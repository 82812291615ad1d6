// Says so when something could not be sent, and lets no foreign error page into ours: what the server refuses in its own
// words comes with HX-Retarget or as the form itself; a proxy's or a developer's page does not.

export function keepNotices() {
  document.addEventListener("htmx:error", (event) => event.detail.ctx?.request && say("That could not be sent"));
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const { status } = ctx.response;
    if (ctx.hx.retarget || (status !== 400 && status < 500)) return;
    ctx.hx.reswap = "none";
    ctx.text = "";
    say("That did not work");
  });
  document.addEventListener("htmx:before:request", () => document.getElementById("notices").replaceChildren());
}

function say(what) {
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.textContent = `${what}. Nothing is lost: try again in a moment.`;
  document.getElementById("notices").replaceChildren(notice);
}
