// Two handles under the histogram, which move the numbers that the form sends.

const handles = document.getElementById("handles");
const numbers = [document.getElementById("field-from"), document.getElementById("field-to")];
const sliders = [...handles.querySelectorAll("input")];
const USUAL = ["0", "1"];
const MIDDLE = 0.5;

function follow() {
  sliders.forEach((slider, at) => { slider.value = numbers[at].value || USUAL[at]; });
  raise();
}

/** Where both stand at one place, the handle that can still move away lies on top. */
function raise() {
  sliders[0].classList.toggle("on-top", Number(sliders[0].value) > MIDDLE);
}

function pull(at) {
  const [value, other] = [Number(sliders[at].value), Number(sliders[1 - at].value)];
  // A handle stops at the other one.
  sliders[at].value = at === 0 ? Math.min(value, other) : Math.max(value, other);
  numbers.forEach((number, place) => { number.value = sliders[place].value; });
  raise();
}

sliders.forEach((slider, at) => slider.addEventListener("input", () => pull(at)));
for (const number of numbers) number.addEventListener("input", follow);
follow();
handles.hidden = false;
