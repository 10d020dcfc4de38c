// A press on a thumbnail, or Enter on it, asks the server to show its image large. While one is
// shown, the arrow keys press the buttons for its neighbours.
const THUMBNAIL = ".thumbnails [data-place]";
const WINDOW = '[role="dialog"]';
const BUTTONS = {
  ArrowLeft: '[class*="st-key-images-large-before"] button',
  ArrowRight: '[class*="st-key-images-large-next"] button',
};

let send = null;

export default function ({ setTriggerValue }) {
  if (!send) {
    document.addEventListener("click", open);
    document.addEventListener("keydown", onKey);
  }
  send = (place) => setTriggerValue("opened", place);
}

function open(event) {
  const thumbnail = event.target.closest?.(THUMBNAIL);
  if (thumbnail) send(Number(thumbnail.dataset.place));
  return Boolean(thumbnail);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea")) return;
  const button = document.querySelector(`${WINDOW} ${BUTTONS[event.key] ?? "none"}`);
  if (button) button.click();
  if (button || ([" ", "Enter"].includes(event.key) && open(event))) event.preventDefault();
}
