// Takes what is dropped on the page, or on the uploader of folders, and hands it to that uploader, or
// to that of archives, which the server is asked to show first. Other uploaders take theirs themselves.
//
// Streamlit sends a file under its `webkitRelativePath`, which browsers leave empty for the files of
// a folder that is dropped, and without folders nothing tells normal images, test images and masks
// apart. So each file is given its path here.
//
// A page that is just being drawn may replace an uploader, and what that one was given is gone: the
// new one is given it again, and a person is told where all was in vain.
const ZONE = '[class*="st-key-images-upload-folder"]';
const ARCHIVES = '[class*="st-key-images-upload-archive"]';
const ANY_ZONE = '[data-testid="stFileUploaderDropzone"]';
const LISTED = '[data-testid="stFileUploaderFile"]';
const PATIENCE_MILLISECONDS = 20_000;
const ASK_AGAIN_MILLISECONDS = 2_000;
const TOLD_MILLISECONDS = 8_000;

let present = null;

export default function ({ parentElement, setTriggerValue }) {
  const veil = parentElement.querySelector(".veil");
  present = { veil, invitation: present?.invitation ?? veil.textContent, ask: () => setTriggerValue("dropped", true) };
  if (window.takesDroppedFolders) return;
  window.takesDroppedFolders = true;
  document.addEventListener("dragover", (event) => {
    const taken = isTaken(event);
    if (taken) event.preventDefault();
    if (taken && !event.target.closest(ZONE)) show(present.invitation);
    else hide();
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) hide();
  });
  // Before the uploader of folders sees it, which would take it without the folders.
  document.addEventListener("drop", onDrop, true);
}

function onDrop(event) {
  hide();
  if (!isTaken(event)) return;
  event.preventDefault();
  event.stopPropagation();
  // For the uploader, whatever was over it has left.
  event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true, relatedTarget: document.body }));
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  take(entries).catch((error) => {
    console.error(error);
    tell("What was dropped could not be read. Drop it again, or pack it as a ZIP archive.");
  });
}

// Files over this page, but not over an uploader that takes them itself.
function isTaken({ dataTransfer, target }) {
  if (!dataTransfer?.types.includes("Files")) return false;
  if (target.closest?.(ANY_ZONE)) return Boolean(target.closest(ZONE));
  return present.veil.isConnected;
}

function show(text) {
  present.veil.textContent = text;
  present.veil.hidden = false;
}

function hide() {
  present.veil.hidden = true;
}

function tell(text) {
  show(text);
  setTimeout(hide, TOLD_MILLISECONDS);
}

async function take(entries) {
  const files = (await Promise.all(entries.map(filesOf))).flat();
  if (!files.length) return tell("The folder that was dropped contains no files.");
  const archive = files.length === 1 && files[0].name.toLowerCase().endsWith(".zip");
  if (!(await handed(files, archive ? ARCHIVES : ZONE))) tell("What was dropped was not taken. Drop it again.");
}

// Whether an uploader has taken the files.
async function handed(files, place) {
  const until = performance.now() + PATIENCE_MILLISECONDS;
  let input = null, asked = -Infinity;
  for (let now = performance.now(); now < until; now = performance.now()) {
    const found = document.querySelector(`${place} input[type=file]`);
    if (!found && now - asked > ASK_AGAIN_MILLISECONDS) {
      present.ask();
      asked = now;
    }
    if (found && found !== input) {
      input = found;
      // Where files are listed already, nothing tells when these are added.
      const listed = document.querySelector(`${place} ${LISTED}`);
      give(input, files);
      if (listed) return true;
    }
    if (document.querySelector(`${place} ${LISTED}`)) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}

function give(input, files) {
  const all = new DataTransfer();
  for (const file of files) all.items.add(file);
  input.files = all.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// All files in a file or folder, each with its path.
async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    const path = entry.fullPath.replace(/^\//, "");
    if (path.includes("/")) Object.defineProperty(file, "webkitRelativePath", { value: path });
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
