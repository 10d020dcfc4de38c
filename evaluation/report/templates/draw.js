// Plots are drawn when they come near the part of the report that is seen, or before it is printed.
function draw(box) {
  if (box.dataset.drawn) return;
  box.dataset.drawn = "true";
  const { data, layout } = JSON.parse(box.firstElementChild.textContent);
  Plotly.newPlot(box.lastElementChild, data, layout, { responsive: true });
}

const watcher = new IntersectionObserver(
  (entries) => entries.filter((one) => one.isIntersecting).forEach((one) => draw(one.target)),
  { rootMargin: "100px" },
);
const boxes = document.querySelectorAll(".plot");
boxes.forEach((box) => watcher.observe(box));
addEventListener("beforeprint", () => boxes.forEach(draw));
