// Finds on a page of the console what no escaped text can put there, and what must not be shown
// raw. The body of a function that returns what is wrong, a line each.

const FOREIGN = [
  "script, style, link, meta, base, iframe, frame, frameset, portal, fencedframe, object, embed",
  "img, image, picture, video, audio, source, track, marquee, font, center, math, xmp, listing",
  "plaintext, foreignObject, animate, set, use, [style], [srcdoc], [ping], [formaction]:not([formaction^='/console/'])",
  "[onerror], [onload], [onfocus], [onclick], [hx-on], [x-data], [ng-app]",
].join(", ");
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/;
const TOWER = /[\p{Mn}\p{Me}]{5}/u;

const wrong = new Set();
const all = (selector) => [...document.querySelectorAll(selector)];
const say = (what, isSo) => {
  if (isSo) wrong.add(what);
};

say("a script ran", "__fired" in window);

for (const one of all(`main :is(${FOREIGN}), bdi > *, .text > :not(mark, span)`)) {
  say(one.outerHTML.slice(0, 200), true);
}

for (const one of all("a[href], form[action]")) {
  const to = new URL(one.getAttribute("href") ?? one.getAttribute("action"), location);
  say(`leads to ${to.protocol}`, !/^https?:$/.test(to.protocol));
  say(`leads to ${to.host} unguarded`, to.host !== location.host && !/noopener/.test(one.rel));
}

for (const only of ["main", "h1", "nav[aria-label=Console]", "#status"]) {
  say(`${all(only).length} of ${only}`, all(only).length !== 1);
}
const ids = all("[id]").map((one) => one.id);
for (const id of ids) say(`the id ${id} twice`, ids.indexOf(id) !== ids.lastIndexOf(id));

const texts = [document.title, document.body.textContent];
for (const name of ["title", "aria-label"]) {
  texts.push(...all(`[${name}]`).map((one) => one.getAttribute(name)));
}
for (const text of texts) {
  say(`a character that turns the text in ${text.slice(0, 80)}`, TURNING.test(text));
  say(`a control character in ${text.slice(0, 80)}`, CONTROL.test(text));
  say(`a tower of marks in ${text.slice(0, 80)}`, TOWER.test(text));
}

const width = document.documentElement.clientWidth;
const isTooWide = document.documentElement.scrollWidth > width;
const wide = all("body *").filter((one) => one.getBoundingClientRect().right > width + 1);
say(`too wide: ${wide.slice(-3).map((one) => one.outerHTML.slice(0, 80)).join(" ")}`, isTooWide);
for (const card of all("article.card, article.strip")) {
  const { left, right } = card.getBoundingClientRect();
  say(`a card from ${left} to ${right} of ${width} px`, left < 0 || right > width);
}
return [...wrong];
