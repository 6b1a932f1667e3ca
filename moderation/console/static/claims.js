// A claim for whoever looks at a card: made when it becomes the current one, kept alive while
// it is, given back when the eyes move on. The server lets it expire by itself.

const SETTLED_MS = 300;
const HEARTBEAT_MS = 60_000;

let timer = 0;

document.addEventListener("console:current", ({ detail }) => {
  clearTimeout(timer);
  if (isMine(detail.before) && !detail.before.hasAttribute("aria-busy")) post(detail.before, "release");
  if (detail.card) timer = setTimeout(claim, SETTLED_MS, detail.card);
});

setInterval(() => {
  const card = document.querySelector('.card[aria-current="true"]');
  if (isMine(card) && document.visibilityState === "visible") post(card, "claim");
}, HEARTBEAT_MS);

// The page goes away: only a request that outlives it arrives.
addEventListener("pagehide", () => {
  const card = document.querySelector('.card[aria-current="true"]');
  if (!isMine(card)) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers"));
  fetch(`${card.dataset.url}/release`, { method: "POST", keepalive: true, headers });
});

function claim(card) {
  const isFree = card.querySelector('[data-claim="none"] form');
  if (isFree && card.isConnected && !card.hasAttribute("aria-busy")) post(card, "claim");
}

function post(card, act) {
  const target = card.querySelector(".claim");
  htmx.ajax("POST", `${card.dataset.url}/${act}`, { source: target, target, swap: "outerHTML" });
}

function isMine(card) {
  return Boolean(card?.querySelector('[data-claim="mine"]'));
}
