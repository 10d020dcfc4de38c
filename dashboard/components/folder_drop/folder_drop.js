// Streamlit sends a file under its `webkitRelativePath`, which browsers leave empty for the files of
// a folder that is dropped; its drop zone keeps their path as `relativePath` only. Without folders,
// nothing tells normal images, test images and masks apart. Here the one answers for the other, for
// files dropped on the uploader of folders.
const ZONE = '[class*="st-key-images-upload-folder"]';
const NAME = "webkitRelativePath";

export default function () {
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
}
