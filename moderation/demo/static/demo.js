// The comments section, alive: posts without a reload, and shows decisions as they arrive.
//
// Comments come as HTML that the server's template escaped; the browser never builds markup
// out of what somebody wrote. Without this script the form works as a plain form.

const RETRY_MS = 2_000;

const form = document.getElementById("compose");
const list = document.getElementById("list");
const refusal = document.getElementById("refusal");
const announcer = document.getElementById("announcer");
const connection = document.getElementById("connection");
const connectionText = document.getElementById("connection-text");

let lastEventId = list.dataset.position;
let isStale = "stale" in list.dataset;
let source = null;

// ---- Showing

/** Puts a comment where it belongs; an older revision never replaces a newer one. */
function show({ id, revision, html, announcement }) {
  const shown = document.getElementById(id);
  if (shown && Number(shown.dataset.revision) > revision) return;
  const card = element(html);
  if (!card) {
    shown?.remove();
  } else if (shown) {
    shown.replaceWith(card);
  } else {
    card.classList.add("is-new");
    if ("own" in card.dataset) closeScores();
    list.prepend(card);
  }
  if (announcement) announcer.textContent = announcement;
}

/** Only the newest comment of one's own shows its scores unasked. */
function closeScores() {
  for (const scores of list.querySelectorAll("details[open]")) scores.open = false;
}

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  localiseTimes(template.content);
  return template.content.firstElementChild;
}

function localiseTimes(root) {
  const style = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  for (const time of root.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) {
      time.textContent = moment.toLocaleString(undefined, style);
    }
  }
}

// ---- Posting

/** Sends the draft, or an example instead of it; what was refused stays in the form. */
async function post(example) {
  const { text, name } = form.elements;
  const draft = { text: text.value, name: name.value, example };
  setBusy(true);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(draft),
    });
    const said = await answer.json();
    refusal.textContent = answer.ok ? "" : said.detail;
    if (answer.ok) {
      show(said);
      if (!example) text.value = "";
    }
  } catch {
    refusal.textContent = "The comment could not be sent. Please try again.";
  } finally {
    setBusy(false);
  }
}

function setBusy(isBusy) {
  for (const button of form.querySelectorAll("button")) button.disabled = isBusy;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  post(event.submitter?.value ?? "");
});

// ---- Following

function follow() {
  source?.close();
  const url = new URL(list.dataset.stream, document.baseURI);
  url.searchParams.set("after", lastEventId);
  source = new EventSource(url);
  source.addEventListener("open", refreshIfStale);
  source.addEventListener("comment", (event) => {
    lastEventId = event.lastEventId;
    show(JSON.parse(event.data));
  });
  source.addEventListener("following", (event) => {
    lastEventId = event.lastEventId;
    setConnection("on", "live");
  });
  source.addEventListener("stale", () => {
    lastEventId = "";
    isStale = true;
  });
  source.addEventListener("error", lost);
}

function lost() {
  setConnection("off", "connection lost, reconnecting…");
  // The browser tries again by itself, except after an answer that was no stream.
  if (source.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS);
}

async function refreshIfStale() {
  if (!isStale) return;
  const answer = await fetch(form.action);
  if (!answer.ok) return;
  const { html } = await answer.json();
  const template = document.createElement("template");
  template.innerHTML = html;
  localiseTimes(template.content);
  list.replaceChildren(template.content);
  refusal.textContent = "";
  isStale = false;
}

function setConnection(state, text) {
  connection.hidden = false;
  connection.dataset.state = state;
  connectionText.textContent = text;
}

// A browser allows a site only a few open streams: a page that nobody looks at gives its own
// back, and goes on later where it was.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) source.close();
  else follow();
});

localiseTimes(list);
follow();
