// Draws images, masks and heatmaps on linked canvases.
//
// The server sends each score map once, as a picture of levels 0 to 255 with a table of the score
// that each level stands for. Colours, opacity, contours and thresholds are applied here, so that
// moving one asks nobody and runs nothing again.

const views = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  if (!views.has(root)) views.set(root, new LayersView(root));
  views.get(root).update(component);
  return () => {
    views.get(root)?.close();
    views.delete(root);
  };
}

const HIGHEST_ZOOM = 16;
const NARROWEST = 96;
const SEEN_WELL = 160;
const LEAST_IDLE_MILLISECONDS = 4;
const MEMORY = "anomaly-compare.layers";

class LayersView {
  constructor(root) {
    this.root = root;
    this.body = root.querySelector(".layers");
    this.cells = [];
    this.pictures = new Map();
    this.waiting = new Set();
    this.zoom = { scale: 1, x: 0.5, y: 0.5 };
    this.options = { opacity: 0.75, mask: true, decision: true, colours: null, level: "pixel", ...remembered() };
    this.shown = 0;
    this.watcher = new ResizeObserver(() => {
      this.layOut();
      this.paintAll();
    });
    this.watcher.observe(this.body);
    this.connectToolbar();
    this.body.addEventListener("keydown", (event) => this.onKey(event));
  }

  close() {
    this.watcher.disconnect();
  }

  // What the server sent: see `dashboard/components/layers/__init__.py` for the shape of `data`.
  update({ data, setStateValue, setTriggerValue }) {
    this.send = setStateValue;
    this.trigger = setTriggerValue;
    const withoutMarks = data.rows.map((row) => ({ ...row, mark: null }));
    const signature = JSON.stringify([withoutMarks, data.methods.map((m) => m.label), data.stacked]);
    const present = data.methods.map((m) => ({ pixel: m.threshold, image: m.image_threshold }));
    const rule = JSON.stringify(present);
    this.data = data;
    if (rule !== this.rule) this.thresholds = present;
    this.rule = rule;
    this.root.querySelector("[name=mask]").closest("label").hidden = !this.hasMasks();
    this.offerLevels();
    this.offerColours();
    this.chooseColours();
    if (signature !== this.signature) this.build();
    this.signature = signature;
    if (data.stacked && data.layer !== this.layer) this.showLayer(data.layer);
    this.layer = data.layer;
    for (const cell of this.cells) cell.row = data.rows[cell.rowAt];
    this.paintHeads();
    this.paintAll();
  }

  // ---- structure -------------------------------------------------------------------------------

  build() {
    const { rows, methods, stacked } = this.data;
    const table = this.root.querySelector(".table");
    table.replaceChildren();
    this.cells = [];
    this.waiting.clear();
    this.shown = Math.min(this.shown, methods.length + 1);
    this.columns = [
      { title: "Image", kind: "image" },
      ...(this.hasMasks() ? [{ title: "Mask", kind: "mask" }] : []),
      ...methods.map((method, index) => ({ title: method.label, kind: "method", index })),
    ];
    this.layOut();
    this.body.classList.toggle("stacked", Boolean(stacked));
    this.heads = this.columns.map((column, at) => this.head(column, at));
    const heads = element("div", "heads");
    heads.append(...this.heads);
    table.append(heads);
    for (const [at, row] of rows.entries()) table.append(this.row(row, at));
    if (stacked) this.show(this.shown);
  }

  // Where columns would be too narrow to see anything, rows wrap to as many pictures as are seen well.
  layOut() {
    if (!this.columns) return;
    const narrow = this.body.clientWidth / this.columns.length < NARROWEST && this.columns.length > 2;
    this.body.classList.toggle("narrow", narrow);
    const fit = Math.max(2, Math.floor(this.body.clientWidth / SEEN_WELL));
    const columns = this.data.stacked ? 1 : narrow ? fit : this.columns.length;
    this.root.querySelector(".table").style.setProperty("--columns", columns);
  }

  head(column, at) {
    const head = element("div", "head");
    const title = element("div", "title");
    if (column.kind === "method") {
      const chip = element("span", "chip");
      chip.style.background = this.data.methods[column.index].colour;
      title.append(chip);
    }
    const name = element("span", "name");
    name.textContent = column.title;
    name.title = column.title;
    title.append(name);
    head.append(title);
    if (this.data.stacked) {
      const key = element("kbd");
      key.textContent = at + 1;
      title.prepend(key);
      title.tabIndex = 0;
      title.setAttribute("role", "button");
      title.onclick = () => this.show(at);
    }
    if (column.kind === "method") head.append(this.slider(column));
    return head;
  }

  slider(column) {
    const method = this.data.methods[column.index];
    const box = element("label", "slider");
    const slider = element("input");
    Object.assign(slider, { type: "range", min: 0, step: 1 });
    const value = element("output");
    slider.oninput = () => {
      this.thresholds[column.index][this.level()] = this.steps(method)[slider.value];
      this.paintHead(column);
      if (this.level() === "pixel") this.paintAll(column.index);
    };
    slider.onchange = () => {
      const chosen = this.data.methods.map((m, at) => [m.label, this.thresholds[at]]);
      this.send("thresholds", Object.fromEntries(chosen));
    };
    box.append(slider, value);
    column.slider = slider;
    column.value = value;
    return box;
  }

  // What the sliders move: the threshold of pixels, or that of images.
  level() {
    return this.data.methods.every((method) => method.image_levels.length) ? this.options.level : "pixel";
  }

  steps(method) {
    return this.level() === "pixel" ? method.levels : method.image_levels;
  }

  row(row, at) {
    const line = element("div", "row");
    if (this.data.stacked) {
      const caption = element("div", "caption");
      caption.append(text("name", row.name), text("note", row.note));
      line.append(caption);
    }
    for (const column of this.columns) {
      const slot = element("div", "slot");
      slot.append(this.over(row, column), this.cell(row, at, column, slot));
      line.append(slot);
    }
    return line;
  }

  // What stands over a picture: the name of the image, its kind, or what a method decides about it.
  over(row, column) {
    const over = element("div", "over");
    if (column.kind === "image") {
      over.append(text("name", row.name.split("/").at(-1), row.name));
      if (!this.columns.some(({ kind }) => kind === "mask")) over.append(text("note", row.note));
    } else if (column.kind === "mask") {
      over.append(text("column", "Mask"), text("note", row.note));
    } else {
      over.append(text("column", column.title), text("call", ""), text("map", ""));
    }
    return over;
  }

  cell(row, rowAt, column, slot) {
    const box = element("div", "cell");
    const [width, height] = row.size;
    box.style.setProperty("--ratio", width / height);
    const url =
      column.kind === "method" ? row.scores[column.index] : column.kind === "mask" ? row.mask : row.image;
    if (!url) {
      box.classList.add("missing");
      box.textContent = column.kind === "mask" ? "no mask" : "…";
      return box;
    }
    const canvas = element("canvas");
    canvas.setAttribute("role", "img");
    const what = column.kind === "method" ? `Heatmap of ${column.title}` : column.title;
    if (column.kind === "method") canvas.tabIndex = 0;
    canvas.setAttribute("aria-label", `${what}: ${row.name}${row.note ? `, ${row.note}` : ""}`);
    const [cross, mark] = [element("div", "cross"), element("div", "mark")];
    box.append(canvas, cross, mark);
    const cell = { slot, box, canvas, cross, mark, row, rowAt, column, layers: {} };
    this.cells.push(cell);
    this.connectPointer(cell);
    const wanted = { image: row.image };
    if (row.mask) wanted.mask = row.mask;
    if (row.counted) wanted.counted = row.counted;
    if (column.kind === "method") wanted.scores = url;
    if (column.kind === "method" && row.decisions.length) wanted.decision = row.decisions[column.index];
    Promise.all(
      Object.entries(wanted).map(async ([name, address]) => {
        cell.layers[name] = await this.picture(address);
      }),
    ).then(() => this.paintSoon(cell), () => box.classList.add("missing"));
    return box;
  }

  picture(address) {
    if (!this.pictures.has(address)) {
      if (this.pictures.size > 400) this.pictures.clear();
      this.pictures.set(address, loadPixels(address));
    }
    return this.pictures.get(address);
  }

  // In the stacked layout one picture is seen at a time, in one place.
  show(at) {
    this.shown = at;
    this.heads.forEach((head, index) => head.classList.toggle("current", index === at));
    for (const cell of this.cells) {
      cell.slot.hidden = this.columns.indexOf(cell.column) !== at;
      if (!cell.slot.hidden) this.paint(cell);
    }
  }

  showLayer(title) {
    const at = this.columns.findIndex((column) => column.title === title);
    if (at >= 0) this.show(at);
  }

  // ---- drawing ---------------------------------------------------------------------------------

  offerColours() {
    const select = this.root.querySelector("[name=colours]");
    if (select.options.length) return;
    for (const name of Object.keys(this.data.colours)) select.add(new Option(name));
  }

  hasMasks() {
    return this.data.rows.some((row) => row.mask);
  }

  offerLevels() {
    const offered = this.data.methods.length > 0 && this.data.methods[0].image_levels.length > 0;
    this.root.querySelector(".moves").hidden = !offered;
    this.root.querySelector("[name=level]").value = this.level();
  }

  chooseColours() {
    const { colours } = this.data;
    const name = this.options.colours in colours ? this.options.colours : Object.keys(colours)[0];
    this.root.querySelector("[name=colours]").value = name;
    this.palette = coloursFrom(colours[name]);
    this.paintLegend(colours[name]);
  }

  paintLegend(colours) {
    const legend = this.root.querySelector(".legend");
    const bar = element("div", "bar");
    bar.style.background = `linear-gradient(to right, ${colours.join(", ")})`;
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", `Colours from ${this.data.legend.join(" over ")}`);
    bar.append(text("middle", this.data.legend[1]));
    legend.replaceChildren(text("low", this.data.legend[0]), bar, text("high", this.data.legend[2]));
    legend.hidden = !this.data.methods.length;
    this.tellState();
  }

  // The state of the layers in one line, for when their controls are folded.
  tellState() {
    const { opacity, decision, mask } = this.options;
    const parts = [`heatmap ${Math.round(100 * opacity)} %`];
    if (decision) parts.push("marked pixels");
    if (mask && this.hasMasks()) parts.push("true defect");
    this.root.querySelector(".state").textContent = parts.join(", ");
  }

  paintHeads() {
    for (const column of this.columns) if (column.kind === "method") this.paintHead(column);
  }

  paintHead(column) {
    const method = this.data.methods[column.index];
    const threshold = this.thresholds[column.index][this.level()];
    const steps = this.steps(method);
    column.slider.max = steps.length - 1;
    column.slider.value = nearest(steps, threshold);
    column.slider.setAttribute("aria-label", `Threshold of ${this.level()}s of ${method.label}`);
    column.value.textContent = short(threshold);
    for (const cell of this.cells) if (cell.column === column) this.tellCall(cell);
  }

  tellCall({ slot, row, column }) {
    const { words, wrong, title } = calling(row, column.index, this.thresholds[column.index].image);
    const call = slot.querySelector(".call");
    call.textContent = words;
    call.title = title;
    call.classList.toggle("wrong", wrong);
  }

  tellMap({ slot, row, column, layers }, marked) {
    const [method, { pixel }] = [this.data.methods[column.index], this.thresholds[column.index]];
    const { words, title } = marking(row, column.index, layers, method, pixel, marked);
    const map = slot.querySelector(".map");
    map.textContent = words;
    map.title = title;
  }

  paintAll(methodIndex = null) {
    for (const cell of this.cells) {
      if (methodIndex === null || cell.column.index === methodIndex) this.paintSoon(cell);
    }
  }

  // What is seen is painted at once, the rest when the browser has time.
  paintSoon(cell) {
    const { top, bottom } = cell.box.getBoundingClientRect();
    if (bottom > 0 && top < window.innerHeight) {
      this.waiting.delete(cell);
      this.paint(cell);
      return;
    }
    if (!this.waiting.size) whenIdle((deadline) => this.paintWaiting(deadline));
    this.waiting.add(cell);
  }

  paintWaiting(deadline) {
    for (const cell of this.waiting) {
      this.waiting.delete(cell);
      this.paint(cell);
      if (deadline.timeRemaining() < LEAST_IDLE_MILLISECONDS) break;
    }
    if (this.waiting.size) whenIdle((next) => this.paintWaiting(next));
  }

  paint(cell) {
    const { image, mask, scores } = cell.layers;
    const width = cell.box.clientWidth;
    if (!image || !width || (cell.column.kind === "method" && !scores)) return;
    if (cell.column.kind === "mask" && !mask) return;
    const pixels = this.compose(cell, Math.max(1, Math.round(image.width / width)));
    const ratio = window.devicePixelRatio || 1;
    const { canvas } = cell;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(cell.box.clientHeight * ratio);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.imageSmoothingEnabled = this.zoom.scale < 6;
    const { scale, x, y } = this.zoom;
    const [seenWidth, seenHeight] = [pixels.width / scale, pixels.height / scale];
    const left = x * pixels.width - seenWidth / 2;
    const top = y * pixels.height - seenHeight / 2;
    context.drawImage(pixels, left, top, seenWidth, seenHeight, 0, 0, canvas.width, canvas.height);
    this.placeMark(cell);
    canvas.dataset.drawn = "true";
  }

  placeMark({ mark, row }) {
    mark.style.display = row.mark ? "block" : "none";
    if (!row.mark) return;
    const { scale, x, y } = this.zoom;
    const [width, height] = row.size;
    mark.style.left = `${(((row.mark[1] + 0.5) / width - x) * scale + 0.5) * 100}%`;
    mark.style.top = `${(((row.mark[0] + 0.5) / height - y) * scale + 0.5) * 100}%`;
  }

  compose(cell, stroke) {
    const { kind, index } = cell.column;
    if (kind === "mask") return this.composeMask(cell, cell.layers.mask);
    const { opacity, mask, decision } = this.options;
    const look = { palette: this.palette, opacity, mask, decision, stroke };
    if (kind === "image") return onCanvas(cell, composed(cell.layers, null, 0, look));
    const [method, { pixel }] = [this.data.methods[index], this.thresholds[index]];
    const marked = markedPixels(cell.layers, method, pixel);
    this.tellMap(cell, marked);
    return onCanvas(cell, composed(cell.layers, method, pixel, look, marked));
  }

  composeMask(cell, mask) {
    const out = new ImageData(new Uint8ClampedArray(mask.data), mask.width, mask.height);
    return onCanvas(cell, out);
  }

  // ---- the person's hands ------------------------------------------------------------------------

  connectToolbar() {
    const find = (name) => this.root.querySelector(`[name=${name}]`);
    find("opacity").value = 100 * this.options.opacity;
    find("opacity").oninput = (event) => this.set("opacity", event.target.value / 100);
    for (const name of ["mask", "decision"]) {
      find(name).checked = this.options[name];
      find(name).onchange = (event) => this.set(name, event.target.checked);
    }
    find("colours").onchange = (event) => {
      this.options.colours = event.target.value;
      this.chooseColours();
      this.set("colours", event.target.value);
    };
    find("level").onchange = (event) => {
      this.options.level = event.target.value;
      this.paintHeads();
      remember(this.options);
    };
    find("in").onclick = () => this.zoomBy(1.5);
    find("out").onclick = () => this.zoomBy(1 / 1.5);
    find("whole").onclick = () => this.zoomTo(1, 0.5, 0.5);
  }

  set(name, value) {
    this.options[name] = value;
    this.tellState();
    this.paintAll();
    remember(this.options);
  }

  connectPointer(cell) {
    const { canvas } = cell;
    let pressed = null;
    canvas.onpointerdown = (event) => {
      pressed = { x: event.clientX, y: event.clientY, moved: false };
      canvas.setPointerCapture(event.pointerId);
    };
    canvas.onpointermove = (event) => {
      this.point(cell, event);
      if (!pressed) return;
      const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
      if (!pressed.moved && Math.hypot(dx, dy) < 4) return;
      const { scale, x, y } = this.zoom;
      this.zoomTo(scale, x - dx / canvas.clientWidth / scale, y - dy / canvas.clientHeight / scale);
      pressed = { x: event.clientX, y: event.clientY, moved: true };
    };
    canvas.onpointerup = (event) => {
      if (pressed && !pressed.moved) this.pick(cell, event);
      pressed = null;
    };
    canvas.onpointerleave = () => this.point(null);
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const place = this.place(cell, event);
        this.zoomBy(event.deltaY < 0 ? 1.25 : 0.8, place);
      },
      { passive: false },
    );
  }

  onKey(event) {
    if (event.target.matches("input[type=range], summary, select") || event.ctrlKey || event.metaKey) return;
    const keys = {
      "+": () => this.zoomBy(1.5),
      "-": () => this.zoomBy(1 / 1.5),
      0: () => this.zoomTo(1, 0.5, 0.5),
    };
    const cell = this.cells.find(({ canvas }) => canvas === event.target);
    if (cell?.layers.scores) keys.Enter = () => this.pickHighest(cell);
    if (this.data.stacked) {
      const count = this.columns.length;
      keys.ArrowRight = () => this.show((this.shown + 1) % count);
      keys.ArrowLeft = () => this.show((this.shown + count - 1) % count);
      for (let at = 0; at < Math.min(count, 9); at++) keys[at + 1] = () => this.show(at);
      if (event.key === "Enter" && event.target.matches(".title")) keys.Enter = () => event.target.click();
    }
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  // Where in the image, 0 to 1 from left and from top, an event lies.
  place(cell, event) {
    const box = cell.canvas.getBoundingClientRect();
    const { scale, x, y } = this.zoom;
    return [
      x + ((event.clientX - box.left) / box.width - 0.5) / scale,
      y + ((event.clientY - box.top) / box.height - 0.5) / scale,
    ];
  }

  pick(cell, event) {
    this.pickAt(cell, ...this.place(cell, event));
  }

  // By keyboard: the place with the highest score.
  pickHighest(cell) {
    const { width, height, data } = cell.layers.scores;
    let highest = 0;
    for (let at = 1; at < width * height; at++) if (data[4 * at] > data[4 * highest]) highest = at;
    this.pickAt(cell, ((highest % width) + 0.5) / width, (Math.floor(highest / width) + 0.5) / height);
  }

  pickAt(cell, x, y) {
    const [width, height] = cell.row.size;
    this.trigger("picked", {
      layer: cell.column.title,
      row: cell.row.index,
      x: Math.min(width - 1, Math.floor(x * width)),
      y: Math.min(height - 1, Math.floor(y * height)),
    });
  }

  // The same place is marked in every picture of the row, and its scores are told.
  point(cell, event) {
    const readout = this.root.querySelector(".readout");
    for (const other of this.cells) other.cross.style.display = "none";
    if (!cell) {
      readout.textContent = "";
      return;
    }
    const box = cell.canvas.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const [x, y] = this.place(cell, event);
    const parts = [];
    for (const other of this.cells) {
      if (other.rowAt !== cell.rowAt) continue;
      Object.assign(other.cross.style, {
        display: other === cell ? "none" : "block",
        left: `${(left / box.width) * 100}%`,
        top: `${(top / box.height) * 100}%`,
      });
      const { scores } = other.layers;
      if (!scores) continue;
      const column = Math.min(scores.width - 1, Math.max(0, Math.floor(x * scores.width)));
      const line = Math.min(scores.height - 1, Math.max(0, Math.floor(y * scores.height)));
      const method = this.data.methods[other.column.index];
      const score = method.levels[scores.data[4 * (line * scores.width + column)]];
      const mark = score >= this.thresholds[other.column.index].pixel ? " ▲" : "";
      parts.push(`${method.label} ${short(score)}${mark}`);
    }
    const [width, height] = cell.row.size;
    const at = `x ${Math.floor(x * width)}, y ${Math.floor(y * height)}`;
    readout.textContent = [at, ...parts].join("  ·  ");
  }

  zoomBy(factor, [px, py] = [this.zoom.x, this.zoom.y]) {
    const { scale, x, y } = this.zoom;
    const next = Math.min(HIGHEST_ZOOM, Math.max(1, scale * factor));
    const share = 1 - scale / next;
    this.zoomTo(next, x + (px - x) * share, y + (py - y) * share);
  }

  zoomTo(scale, x, y) {
    const half = 0.5 / scale;
    const inside = (value) => Math.min(1 - half, Math.max(half, value));
    this.zoom = { scale, x: inside(x), y: inside(y) };
    this.body.classList.toggle("zoomed", scale > 1);
    this.paintAll();
  }
}

// Not every browser tells when it is idle.
function whenIdle(act) {
  if (window.requestIdleCallback) requestIdleCallback(act);
  else setTimeout(() => act({ timeRemaining: () => 0 }));
}

// A browser may keep nothing for a page, and then refuses to.
function remember(options) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify(options));
  } catch {
    return;
  }
}

// How this person looked at pictures before, on this page or another.
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY)) ?? {};
  } catch {
    return {};
  }
}

// The level at or above a score, so that the decision drawn is `score >= threshold`.
function nearest(levels, score) {
  const at = levels.findIndex((level) => level >= score);
  return at < 0 ? levels.length - 1 : at;
}

function onCanvas(cell, pixels) {
  cell.drawing ??= element("canvas");
  cell.drawing.width = pixels.width;
  cell.drawing.height = pixels.height;
  cell.drawing.getContext("2d").putImageData(pixels, 0, 0);
  return cell.drawing;
}
