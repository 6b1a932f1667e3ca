// The cards of a page and which of them is the current one. Its focus is never lost.

const OPEN = "article.card:not([aria-busy])";

/** Cards that can still be decided, in the order of the page. */
export function openCards() {
  return [...document.querySelectorAll(OPEN)];
}

/** The card that the keys act on. */
export function current() {
  return document.querySelector('article.card[aria-current="true"]');
}

/** Makes a card the current one, with the focus on it and its head in view. */
export function moveTo(card) {
  mark(card);
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start", behavior: "instant" });
}

/** Moves by so many open cards, or to the first in view where none is current. */
export function moveBy(step) {
  const cards = openCards();
  const from = current();
  const target = from ? neighbour(cards, from, step) : cards.find(isInView) ?? cards[0];
  if (target) moveTo(target);
}

/** Moves on from a card that has been decided; what others look at is left to them. */
export function moveOnFrom(card) {
  const others = openCards().filter((one) => one !== card);
  const free = others.filter((one) => !one.querySelector('[data-claim="other"]'));
  const target = free.find((one) => isAfter(one, card)) ?? free.at(-1) ?? others[0];
  if (target) moveTo(target);
  else rest(card);
}

/** Where the focus stays when nothing is left to decide. */
function rest(card) {
  mark(null);
  const end = document.getElementById("end") ?? card;
  end.focus();
}

function mark(card) {
  const before = current();
  if (before === card) return;
  before?.removeAttribute("aria-current");
  card?.setAttribute("aria-current", "true");
  document.dispatchEvent(new CustomEvent("console:current", { detail: { before, card } }));
}

function neighbour(cards, from, step) {
  const ahead = cards.filter((one) => (step > 0 ? isAfter(one, from) : isAfter(from, one)));
  return step > 0 ? ahead[0] : ahead.at(-1);
}

function isAfter(one, other) {
  return Boolean(other.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
}

function isInView(card) {
  return card.getBoundingClientRect().bottom > 0;
}

// Whoever points at a card or tabs into it means that one.
document.addEventListener("focusin", ({ target }) => {
  const card = target.closest(OPEN);
  if (card) mark(card);
});
