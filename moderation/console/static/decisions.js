// Decisions on their way: the next card comes at once, and what fails stays with its card.

import { current, moveOnFrom, moveTo, openCards } from "./cards.js";

/** So few open cards are left when the next ones are fetched. */
const FEW = 5;
const UNDO = /\/undo$/;
/** Status → why a decision was not saved. */
const WHY = {
  403: "you may not decide here, or this page is too old; load it again",
  422: "it was not understood; load this page again",
  500: "something went wrong in the service",
};

const underway = new Set();
let waiting = [];
let restoring = false;

/** Does something when no decision is on its way any more, at once if none is. */
export function whenSettled(act) {
  if (underway.size === 0) act();
  else waiting.push(act);
}

function isDecision(form) {
  return form.matches?.("form.deciding");
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (UNDO.test(detail.pathInfo.requestPath)) restoring = true;
  if (!isDecision(detail.elt)) return;
  const card = detail.elt.closest(".card");
  underway.add(detail.xhr);
  card.pressed = detail.requestConfig.triggeringEvent.submitter;
  card.querySelector(".failure")?.remove();
  card.setAttribute("aria-busy", "true");
  moveOnFrom(card);
  fetchMore();
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (UNDO.test(detail.pathInfo.requestPath)) restoring = false;
  if (!underway.delete(detail.xhr)) return;
  const isToSignIn = detail.xhr.status === 401; // htmx goes there, and the decision with it
  if (!detail.successful && !isToSignIn) fail(detail.requestConfig.elt.closest(".card"), detail.xhr);
  if (underway.size > 0) return;
  const acts = waiting;
  waiting = [];
  for (const act of acts) act();
});

/** Says on the card that its decision was not saved, and keeps it for another try. */
function fail(card, xhr) {
  const failure = document.getElementById("failure").content.cloneNode(true).firstElementChild;
  const why = WHY[xhr.status] ?? "the service could not be reached";
  failure.querySelector("p").textContent = `“${card.pressed.innerText}” is not saved: ${why}.`;
  failure.querySelector("button").addEventListener("click", () => card.pressed.click());
  card.removeAttribute("aria-busy");
  card.append(failure);
  announce(`A decision was not saved: ${why}. It waits on its card.`);
}

export function announce(text) {
  document.getElementById("status").textContent = text;
}

/** The next page's cards, below the ones that are there. */
function fetchMore() {
  const more = document.querySelector("#more a");
  if (more && openCards().length < FEW) htmx.trigger(more, "more");
}

// What came back by an undo is looked at next; what came a second time is not shown twice.
document.addEventListener("htmx:load", ({ detail }) => {
  const added = detail.elt.matches?.(".card") ? detail.elt : detail.elt.querySelector?.(".card");
  if (!added) return;
  const same = document.querySelectorAll(`[id="${CSS.escape(added.id)}"]`);
  if (same.length > 1) added.closest("li").remove();
  else if (restoring) moveTo(added);
});

// Swaps drop the focus when it was inside of what they replace.
document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (document.activeElement !== document.body) return;
  const home = target.matches("article") ? target : current();
  home?.focus({ preventScroll: true });
});
