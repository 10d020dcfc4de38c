// Streamlit sends a file under its `webkitRelativePath`, which browsers leave empty for the files of
// a folder that is dropped; its drop zone keeps their path as `relativePath` only. Without folders,
// nothing tells normal images, test images and masks apart. Here the one answers for the other, for
// files dropped on the uploader of folders.
//
// What is dropped elsewhere on the page is handed to that uploader, or to that of archives, which the
// server is asked to show first.
const ZONE = '[class*="st-key-images-upload-folder"]';
const ARCHIVES = '[class*="st-key-images-upload-archive"]';
const ANY_ZONE = '[data-testid="stFileUploaderDropzone"]';
const NAME = "webkitRelativePath";
const PATIENCE_MILLISECONDS = 20_000;

let present = null;

export default function ({ parentElement, setTriggerValue }) {
  present = { veil: parentElement.querySelector(".veil"), ask: () => setTriggerValue("dropped", true) };
  if (window.keepsDroppedFolders) return;
  window.keepsDroppedFolders = true;
  let onFolders = false;
  document.addEventListener("drop", (event) => (onFolders = !!event.target.closest?.(ZONE)), true);
  const own = Object.getOwnPropertyDescriptor(File.prototype, NAME);
  Object.defineProperty(File.prototype, NAME, {
    ...own,
    get() {
      const chosen = own.get.call(this);
      if (chosen || !onFolders) return chosen;
      const dropped = (this.relativePath ?? "").replace(/^\.?\//, "");
      return dropped.includes("/") ? dropped : "";
    },
  });
  document.addEventListener("dragover", (event) => {
    const taken = isTaken(event);
    if (taken) event.preventDefault();
    if (present.veil.isConnected) present.veil.hidden = !taken;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) present.veil.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    present.veil.hidden = true;
    if (!isTaken(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean));
  });
}

// Files over this page, but not over one of its uploaders, which take them themselves.
function isTaken({ dataTransfer, target }) {
  const files = dataTransfer?.types.includes("Files");
  return files && present.veil.isConnected && !target.closest?.(ANY_ZONE);
}

async function take(entries) {
  const reading = Promise.all(entries.map(filesOf));
  present.ask();
  const files = (await reading).flat();
  const archive = files.length === 1 && files[0].name.toLowerCase().endsWith(".zip");
  const input = await appearing(`${archive ? ARCHIVES : ZONE} input[type=file]`);
  const handed = new DataTransfer();
  for (const file of files) handed.items.add(file);
  input.files = handed.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// All files in a file or folder, each with its path.
async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    const path = entry.fullPath.replace(/^\//, "");
    if (path.includes("/")) Object.defineProperty(file, NAME, { value: path });
    return [file];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A browser gives the entries of a folder in parts; the last one is empty.
    const part = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!part.length) return (await Promise.all(found.map(filesOf))).flat();
    found.push(...part);
  }
}

async function appearing(selector) {
  const until = performance.now() + PATIENCE_MILLISECONDS;
  while (performance.now() < until) {
    const found = document.querySelector(selector);
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`No ${selector} has appeared.`);
}
