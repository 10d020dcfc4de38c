// What is pressed in the plots of curves is told to the server: a name in a legend, which shows or
// hides that method in all plots, and a point of a curve, whose threshold is taken. Plotly would
// toggle a name in its own plot alone and forget it when the plot is drawn anew, so its answer to
// such a press is switched off; and it lets a person select markers only, of which a curve has none.
const PLOT = '[class*="st-key-compare-curve"] .js-plotly-plot';
const NAME = ".legend .traces";

let tell = null;

export default function ({ setTriggerValue }) {
  if (!tell) {
    document.addEventListener("click", onClick, true);
    document.addEventListener("pointerdown", listen, true);
  }
  tell = setTriggerValue;
}

function onClick(event) {
  const name = event.target.closest?.(NAME);
  // The datum that Plotly binds to an entry of a legend: the curves it stands for.
  const group = name?.closest(PLOT) && name.__data__?.[0]?.trace?.legendgroup;
  if (group) tell("toggled", group);
}

// A plot that is drawn anew may have lost its listeners.
function listen(event) {
  const plot = event.target.closest?.(PLOT);
  plot?.removeListener("plotly_click", onPoint);
  plot?.on("plotly_click", onPoint);
}

function onPoint({ points: [point] }) {
  const threshold = Number(point.customdata?.[0]);
  const { legendgroup: group, meta: level } = point.data;
  if (Number.isFinite(threshold)) tell("picked", { group, level, threshold });
}
