// A press on a name in the legend of a plot shows or hides that method in all plots. Plotly would do
// so in the pressed plot alone and forget it when the plot is drawn anew, so its own answer to such a
// press is switched off and the server keeps what is shown.
const PLOTS = '[class*="st-key-compare-curve"]';
const NAME = ".legend .traces";

let send = null;

export default function ({ setTriggerValue }) {
  if (!send) document.addEventListener("click", press, true);
  send = (group) => setTriggerValue("toggled", group);
}

function press(event) {
  const name = event.target.closest?.(NAME);
  // The datum that Plotly binds to an entry of a legend: the curves it stands for.
  const group = name?.closest(PLOTS) && name.__data__?.[0]?.trace?.legendgroup;
  if (group) send(group);
}
