// Shows images large, one after the other, with what the methods find in them.
//
// On the page it is a component; in an exported file the same code runs alone, with pictures inside
// `data`. See `dashboard/components/present/__init__.py` for the shape of `data`.

const shows = new WeakMap();

export default function present(component) {
  const root = component.parentElement;
  if (!shows.has(root)) shows.set(root, new Show(root));
  shows.get(root).update(component.data);
  return () => {
    shows.get(root)?.close();
    shows.delete(root);
  };
}

const QUIET_AFTER = 2500;
const SWIPE = 60;
const OPACITY = 0.75;
const IMAGE = -1;

class Show {
  constructor(root) {
    this.root = root;
    this.stage = this.find(".stage");
    this.at = 0;
    this.look = { heat: true, mask: true, sweep: false, left: IMAGE, right: 0, curtain: 0.5 };
    this.pictures = new Map();
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.find(".view"));
    this.leftFullScreen = () => {
      if (!document.fullscreenElement && !this.stays) this.stage.close();
      this.stays = false;
    };
    this.connect();
  }

  close() {
    this.watcher.disconnect();
    document.removeEventListener("fullscreenchange", this.leftFullScreen);
    if (this.stage.open) this.stage.close();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  update(data) {
    this.data = data;
    this.palette = coloursFrom(data.colours);
    this.find(".legend .bar").style.background = `linear-gradient(to right, ${data.colours.join(", ")})`;
    // The cover, an image each, and the sheet of curves and numbers.
    this.count = data.rows.length + 1 + Number(Boolean(data.closing));
    this.at = Math.min(this.at, this.count - 1);
    this.look.right = Math.min(this.look.right, data.methods.length - 1);
    if (this.look.left === IMAGE && data.methods.length > 1) [this.look.left, this.look.right] = [0, 1];
    for (const side of ["left", "right"]) this.offerSides(side);
    this.draw();
    if (data.open) this.open();
  }

  offerSides(side) {
    const names = ["Image", ...this.data.methods.map((method) => method.label)];
    const options = names.map((name, at) => new Option(name, at - 1));
    this.find(`[name=${side}]`).replaceChildren(...options);
    this.find(`[name=${side}]`).value = this.look[side];
  }

  // ---- drawing -----------------------------------------------------------------------------------

  async draw() {
    if (!this.stage.open) return;
    const row = this.data.rows[this.at - 1];
    const sweeps = Boolean(row) && this.look.sweep && this.data.methods.length > 0;
    this.find(".cover").hidden = Boolean(row);
    this.find(".panels").hidden = !row || sweeps;
    this.find(".curtain").hidden = !sweeps;
    this.tell(row, sweeps);
    if (!row) return this.drawCover();
    const turn = (this.turn = Symbol());
    const layers = await this.layersOf(row);
    if (turn !== this.turn || !this.stage.open) return;
    if (sweeps) this.drawCurtain(row, layers);
    else this.drawPanels(row, layers);
    this.stage.dataset.drawn = this.at;
    const next = this.data.rows[this.at];
    if (next) this.layersOf(next);
  }

  tell(row, sweeps) {
    this.find(".place").textContent = `${this.at + 1} / ${this.count}`;
    const what = this.find(".what");
    what.replaceChildren();
    if (row) what.append(bold(row.name.split("/").at(-1)), row.caption || row.note);
    this.find(".legend").style.visibility = row ? "visible" : "hidden";
    this.find(".keys").style.visibility = row ? "visible" : "hidden";
    this.find(".key.mask").hidden = !row?.mask || !this.look.mask;
    this.find("[name=mask]").hidden = !row?.mask;
    for (const name of ["heat", "mask", "sweep"]) {
      this.find(`[name=${name}]`).setAttribute("aria-pressed", this.look[name]);
    }
    for (const label of this.root.querySelectorAll(".of")) label.hidden = !sweeps;
    this.find("[name=previous]").disabled = this.at === 0;
    this.find("[name=next]").disabled = this.at === this.count - 1;
  }

  drawCover() {
    const { title, notes, verdict, table, closing } = this.data;
    const cover = this.find(".cover");
    cover.replaceChildren();
    if (this.at > 0) {
      const sheet = element("img");
      [sheet.src, sheet.alt] = [closing, "Curves and numbers of all methods."];
      cover.append(sheet);
    } else {
      const head = element("h2");
      head.textContent = title;
      cover.append(head, paragraph("notes", notes), paragraph("verdict", verdict), tableOf(table));
    }
    this.stage.dataset.drawn = this.at;
  }

  // As many columns as make the pictures largest.
  drawPanels(row, layers) {
    const panels = this.find(".panels");
    const kinds = [IMAGE, ...this.data.methods.keys()];
    const { clientWidth, clientHeight } = panels;
    const gap = 10;
    const label = 3.3 * parseFloat(getComputedStyle(this.find(".foot")).fontSize);
    const ratio = row.size[0] / row.size[1];
    const fits = kinds.map((_, at) => {
      const lines = Math.ceil(kinds.length / (at + 1));
      const across = (clientWidth - gap * at) / (at + 1);
      return Math.min(across, ((clientHeight - gap * (lines - 1)) / lines - label) * ratio);
    });
    const width = Math.floor(Math.max(...fits));
    panels.style.gridTemplateColumns = `repeat(${fits.indexOf(Math.max(...fits)) + 1}, ${width}px)`;
    panels.replaceChildren(
      ...kinds.map((kind) => {
        const panel = element("div", "panel");
        const canvas = element("canvas");
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", this.describe(row, kind));
        this.paint(canvas, this.picture(row, layers, kind, width), width, width / ratio);
        panel.append(this.name(row, layers, kind), canvas);
        return panel;
      }),
    );
  }

  drawCurtain(row, layers) {
    const box = this.find(".view");
    const ratio = row.size[0] / row.size[1];
    const width = Math.floor(Math.min(box.clientWidth, box.clientHeight * ratio));
    const canvas = this.find(".curtain canvas");
    const { left, right, curtain } = this.look;
    canvas.setAttribute("aria-label", `${this.describe(row, left)} beside ${this.describe(row, right)}`);
    const cut = Math.round(curtain * 100);
    this.paint(canvas, this.picture(row, layers, left, width), width, width / ratio);
    this.paint(canvas, this.picture(row, layers, right, width), width, width / ratio, curtain);
    const divider = this.find(".divider");
    divider.style.setProperty("--at", `${curtain * width}px`);
    divider.setAttribute("aria-valuenow", cut);
    divider.setAttribute("aria-valuetext", `${cut} % ${this.title(left)}, the rest ${this.title(right)}`);
    this.find(".side.left").replaceChildren(...this.name(row, layers, left).childNodes);
    this.find(".side.right").replaceChildren(...this.name(row, layers, right).childNodes);
  }

  // Pixels at the size of the source picture, each made once for a look.
  picture(row, layers, kind, width) {
    const { heat, mask } = this.look;
    const key = [row.index, kind, heat, mask].join();
    if (!this.composed?.has(key)) {
      if (!this.composed || this.composed.size > 24) this.composed = new Map();
      const over = kind !== IMAGE && heat;
      const stroke = Math.max(1, Math.round((1.5 * layers.image.width) / width));
      const look = { palette: this.palette, opacity: OPACITY, mask, decision: true, stroke };
      const method = over ? this.data.methods[kind] : null;
      const scores = over ? layers.scores[kind] : null;
      const decision = layers.decisions[kind];
      const pixels = composed({ ...layers, scores, decision }, method, method?.threshold, look);
      const canvas = element("canvas");
      [canvas.width, canvas.height] = [pixels.width, pixels.height];
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      this.composed.set(key, canvas);
    }
    return this.composed.get(key);
  }

  paint(canvas, pixels, width, height, from = 0) {
    const ratio = window.devicePixelRatio || 1;
    if (!from) {
      [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
      [canvas.style.width, canvas.style.height] = [`${width}px`, `${height}px`];
    }
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    const [left, cut] = [from * pixels.width, from * canvas.width];
    context.drawImage(
      pixels, left, 0, pixels.width - left, pixels.height, cut, 0, canvas.width - cut, canvas.height,
    );
  }

  title(kind) {
    return kind === IMAGE ? "image" : this.data.methods[kind].label;
  }

  describe(row, kind) {
    const what = kind === IMAGE ? "Image" : `Heatmap of ${this.title(kind)}`;
    return `${what}: ${row.name}, ${row.note}`;
  }

  name(row, layers, kind) {
    const label = element("div", "label");
    if (kind === IMAGE) {
      label.append(bold("Image"));
      return label;
    }
    const chip = element("span", "chip");
    chip.style.background = this.data.methods[kind].colour;
    const method = this.data.methods[kind];
    const call = calling(row, kind, method.image_threshold);
    const own = { ...layers, scores: layers.scores[kind], decision: layers.decisions[kind] };
    const map = marking(row, kind, own, method, method.threshold);
    const said = `${call.words}; ${map.words}`;
    label.append(chip, bold(this.title(kind)), text("call", said, `${call.title}. ${map.title}`));
    return label;
  }

  async layersOf(row) {
    if (!this.pictures.has(row.index)) {
      if (this.pictures.size > 6) this.pictures.clear();
      this.pictures.set(row.index, this.loadAll(row));
    }
    return this.pictures.get(row.index);
  }

  async loadAll(row) {
    const load = (address) => (address ? loadPixels(address) : null);
    const all = (addresses) => Promise.all(addresses.map(load));
    const [image, mask, counted] = await all([row.image, row.mask, row.counted]);
    return { image, mask, counted, scores: await all(row.scores), decisions: await all(row.decisions) };
  }

  // ---- the person's hands ------------------------------------------------------------------------

  connect() {
    const actions = {
      start: () => this.open(true),
      previous: () => this.go(this.at - 1),
      next: () => this.go(this.at + 1),
      heat: () => this.toggle("heat"),
      mask: () => this.toggle("mask"),
      sweep: () => this.toggle("sweep"),
      full: () => this.fullScreen(),
      close: () => this.stage.close(),
    };
    for (const [name, action] of Object.entries(actions)) this.find(`[name=${name}]`).onclick = action;
    for (const side of ["left", "right"]) {
      this.find(`[name=${side}]`).onchange = (event) => this.set(side, Number(event.target.value));
    }
    this.stage.addEventListener("keydown", (event) => this.onKey(event));
    this.stage.addEventListener("pointermove", () => this.wake());
    this.stage.addEventListener("pointerdown", () => this.wake());
    this.stage.onclose = () => {
      if (document.fullscreenElement) document.exitFullscreen();
    };
    document.addEventListener("fullscreenchange", this.leftFullScreen);
    this.connectCurtain();
    this.connectSwipe();
  }

  open(full = false) {
    if (!this.stage.open) this.stage.showModal();
    this.find(".view").focus();
    if (full) this.fullScreen();
    this.wake();
    this.draw();
  }

  // A browser may refuse, and a phone may not have it; the stage fills the window then.
  fullScreen() {
    this.stays = Boolean(document.fullscreenElement);
    if (this.stays) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => {});
  }

  go(at) {
    this.at = Math.min(this.count - 1, Math.max(0, at));
    this.draw();
  }

  toggle(name) {
    this.set(name, !this.look[name]);
  }

  set(name, value) {
    this.look[name] = value;
    this.draw();
  }

  wake() {
    this.stage.classList.remove("quiet");
    clearTimeout(this.sleep);
    this.sleep = setTimeout(() => this.stage.classList.add("quiet"), QUIET_AFTER);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const move = (by) => () => this.set("curtain", Math.min(1, Math.max(0, this.look.curtain + by)));
    const keys = {
      ArrowRight: () => this.go(this.at + 1),
      PageDown: () => this.go(this.at + 1),
      ArrowLeft: () => this.go(this.at - 1),
      PageUp: () => this.go(this.at - 1),
      Home: () => this.go(0),
      End: () => this.go(this.count - 1),
      b: () => this.toggle("heat"),
      m: () => this.toggle("mask"),
      c: () => this.toggle("sweep"),
      f: () => this.fullScreen(),
      "[": move(-0.05),
      "]": move(0.05),
    };
    if (event.target.matches(".divider")) Object.assign(keys, { ArrowLeft: move(-0.02), ArrowRight: move(0.02) });
    if (!event.target.matches("button")) keys[" "] = keys.b;
    if (event.key === "Tab") this.wake();
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  connectCurtain() {
    const canvas = this.find(".curtain canvas");
    const follow = (event) => {
      if (!event.buttons) return;
      const box = canvas.getBoundingClientRect();
      this.set("curtain", Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    };
    for (const part of [canvas, this.find(".divider")]) {
      part.onpointerdown = (event) => {
        part.setPointerCapture(event.pointerId);
        if (part === canvas) follow(event);
      };
      part.onpointermove = follow;
    }
  }

  connectSwipe() {
    let from = null;
    const panels = this.find(".view");
    panels.addEventListener("pointerdown", (event) => {
      from = event.pointerType === "mouse" || event.target.closest(".curtain") ? null : event.clientX;
    });
    panels.addEventListener("pointerup", (event) => {
      const moved = from === null ? 0 : event.clientX - from;
      if (Math.abs(moved) > SWIPE) this.go(this.at - Math.sign(moved));
      from = null;
    });
  }
}

function bold(content) {
  const made = element("b");
  made.textContent = content;
  return made;
}

function paragraph(name, content) {
  const made = element("p", name);
  made.textContent = content;
  return made;
}

// A table with a heading for each column; its first row is the heading.
function tableOf(rows) {
  const box = element("div", "scroll");
  const table = element("table");
  for (const [at, cells] of rows.entries()) {
    const line = element("tr");
    for (const cell of cells) {
      const made = element(at ? "td" : "th");
      if (!at) made.scope = "col";
      made.textContent = cell;
      line.append(made);
    }
    table.append(line);
  }
  box.append(table);
  return box;
}
