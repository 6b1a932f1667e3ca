// The console's keys and its connection. Everything works without this script, more slowly.
//
// Markup only ever comes from the server's templates, which escaped it; nothing here builds any
// out of what somebody wrote.

import { announce, whenSettled } from "./decisions.js";
import { current, moveBy } from "./cards.js";
import { bindKeys } from "./keys.js";
import "./claims.js";

/** What a key does by pressing what stands on the current card. */
const ON_THE_CARD = ["approve", "hold", "claim", "open", "author", "article", "unblur", "select"];

const handlers = {
  next: () => moveBy(1),
  previous: () => moveBy(-1),
  reject: () => chooseReason(".suggested"),
  note: () => chooseReason("[name=note]"),
  undo: () => whenSettled(() => document.getElementById("undo")?.click()),
  search: () => document.querySelector("input[type=search]")?.focus(),
  help: () => {
    const help = document.getElementById("help");
    // Not by `autofocus`: the browser would try that on a page that has its focus already.
    if (help.togglePopover()) help.querySelector("button").focus();
  },
};
for (const action of ON_THE_CARD) handlers[action] = () => press(action);
bindKeys(handlers, pressReason);

// A comment's own page is about one card: keys act on it from the start.
const only = document.querySelector(".one > .card");
if (only && !document.querySelector("main [autofocus]")) only.focus({ preventScroll: true });

// ---- Keys on the current card

function press(action) {
  current()?.querySelector(`[data-do="${action}"]`)?.click();
}

function pressReason(digit) {
  current()?.querySelector(`.rejecting[open] .reasons > :nth-child(${digit})`)?.click();
}

/** Opens the row of reasons; the focus is there at once, so that Enter may follow at once. */
function chooseReason(first) {
  const rejecting = current()?.querySelector(".rejecting");
  if (!rejecting) return;
  rejecting.open = true;
  rejecting.querySelector(first).focus();
}

// The same for whoever opened it without a key, after the fact.
document.addEventListener(
  "toggle",
  ({ target }) => {
    const isByHand = target.matches(".rejecting[open]") && document.activeElement.matches("summary");
    if (isByHand) target.querySelector(".suggested").focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const rejecting = event.target.closest?.(".rejecting[open]");
  const menu = event.target.closest?.(".menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.key === "Escape" && rejecting) {
    rejecting.open = false;
    rejecting.closest(".card").focus();
  } else if (event.key === "Escape" && event.target.matches("input[type=search]")) {
    event.target.blur();
    current()?.focus();
  }
});

document.addEventListener("change", () => {
  const selected = document.getElementById("selected");
  const count = document.querySelectorAll('[data-do="select"]:checked').length;
  if (selected) selected.textContent = `${count} selected`;
});

// ---- The connection

/** What happens by itself must not throw anybody out of what they write. */
function isUnasked({ requestConfig }) {
  return requestConfig.verb === "get" || /\/(claim|release)$/.test(requestConfig.path);
}

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { detail } = event;
  if (detail.xhr.status !== 401 || !isUnasked(detail)) {
    if (detail.xhr.status < 400) say("");
    return;
  }
  event.preventDefault();
  say("You have been signed out. Go on: your next decision is kept while you sign in.");
});

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, ({ detail }) => {
    if (isUnasked(detail)) say("The service cannot be reached just now. Trying again.");
    if (detail.requestConfig.path.endsWith("/undo")) say("That could not be undone.");
  });
}

function say(text) {
  const trouble = document.getElementById("trouble");
  if (!trouble || trouble.textContent === text) return;
  trouble.textContent = text;
  trouble.hidden = !text;
  if (text) announce(text);
}
