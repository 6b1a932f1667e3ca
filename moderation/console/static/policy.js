// Sliders over the charts, each beside the number that it sets. Without this script the
// numbers do alone.

const inputEvent = () => new Event("input", { bubbles: true });

for (const slider of document.querySelectorAll("[data-slider]")) {
  const number = document.getElementById(slider.dataset.slider);
  slider.hidden = false;
  slider.addEventListener("input", () => {
    number.value = Number(slider.value).toFixed(2);
  });
  number.addEventListener("input", () => {
    slider.value = number.value;
  });
}

for (const button of document.querySelectorAll("[data-default]")) {
  const number = document.getElementById(button.dataset.for);
  button.hidden = false;
  button.addEventListener("click", () => {
    number.value = button.dataset.default;
    number.dispatchEvent(inputEvent());
  });
}
