// Binds the keys that the help lists, so that none is bound unseen, remapped ones included.

/* global tinykeys */

const SEQUENCE_MS = 1_500;
const WRITING =
  "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button])";

/**
 * Listens to keys on the whole page.
 *
 * @param {Record<string, (event: KeyboardEvent) => void>} handlers action → what it does; an
 *     action with an address goes there instead.
 * @param {(digit: number) => void} onDigit
 */
export function bindKeys(handlers, onDigit) {
  if (document.body.dataset.keys !== "on") return;
  const bindings = { "([1-9]|Digit[1-9])": (event) => onDigit(digitOf(event)) };
  for (const { dataset } of document.querySelectorAll("#help [data-action]")) {
    const handler = dataset.url ? () => location.assign(dataset.url) : handlers[dataset.action];
    if (handler) bindings[pattern(dataset.key)] = handler;
  }
  // A sequence comes before the single keys that it ends with.
  const longestFirst = Object.entries(bindings).sort(([a], [b]) => steps(b) - steps(a));
  const quiet = longestFirst.map(([key, handler]) => [key, prevented(handler)]);
  tinykeys.tinykeys(window, Object.fromEntries(quiet), { timeout: SEQUENCE_MS, ignore: isElsewhere });
}

/** Signs may need Shift, depending on the keyboard; letters with Shift are other keys. */
function pattern(key) {
  return key
    .split(" ")
    .map((one) => (/^\p{L}$/u.test(one) ? one : `[Shift]+${one}`))
    .join(" ");
}

function steps(keys) {
  return keys.split(" ").length;
}

function digitOf(event) {
  return Number(/^\d$/.test(event.key) ? event.key : event.code.at(-1));
}

/** A "/" must not be typed into the field that it has just focused. */
function prevented(handler) {
  return (event) => {
    event.preventDefault();
    handler(event);
  };
}

/** Whether a key is meant for something else: held down, typed into a field, or a dialogue's. */
function isElsewhere(event) {
  const { target } = event;
  const inDialogue = target instanceof Element && target.closest("dialog");
  return (
    event.repeat ||
    event.isComposing ||
    (target instanceof Element && target.matches(WRITING)) ||
    (Boolean(inDialogue) || document.querySelector("dialog:modal, dialog:popover-open")) && event.key !== "?"
  );
}
