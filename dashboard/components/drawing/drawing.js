// Lets a person draw rectangles and brush strokes on an image, by mouse, finger, pen or keyboard.
//
// Shapes are kept in pixels of the image itself, as in `images/drawing/shapes.py`, and painted at the size
// at which the picture came. The list of shapes is sent after each one that is finished.

const views = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  if (!views.has(root)) views.set(root, new DrawingView(root));
  views.get(root).update(component);
  return () => {
    views.get(root)?.watcher.disconnect();
    views.delete(root);
  };
}

const OPACITY = 0.5;
const HIGHEST_ZOOM = 8;
const TALLEST = 0.5;
const STEP = 0.02;

class DrawingView {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.tool = "rectangle";
    this.zoom = 1;
    this.shapes = [];
    this.current = null;
    this.cross = null;
    this.marks = document.createElement("canvas");
    this.watcher = new ResizeObserver(() => this.layOut());
    this.watcher.observe(root.querySelector(".window"));
    this.connectTools();
    this.connectPointer();
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
  }

  // What the server sent: see `dashboard/components/drawing/__init__.py` for the shape of `data`.
  async update({ data, setStateValue }) {
    this.send = setStateValue;
    const subject = JSON.stringify([data.image, data.below, data.brush, data.label]);
    if (subject === this.subject) return;
    this.subject = subject;
    this.data = data;
    this.shapes = data.shapes;
    this.current = this.cross = null;
    this.zoom = 1;
    this.canvas.setAttribute("aria-label", data.label);
    this.offerTools();
    const [picture, below] = await Promise.all([load(data.image), data.below && load(data.below)]);
    if (subject !== this.subject) return;
    this.picture = picture;
    this.below = below ? coloured(below, data.colour) : null;
    for (const one of [this.canvas, this.marks]) {
      one.width = picture.naturalWidth;
      one.height = picture.naturalHeight;
    }
    this.layOut();
    this.paint();
  }

  // ---- drawing ---------------------------------------------------------------------------------

  layOut() {
    if (!this.picture) return;
    const { clientWidth } = this.root.querySelector(".window");
    const [width, height] = this.data.size;
    const fitting = Math.min(clientWidth, (TALLEST * window.innerHeight * width) / height);
    this.canvas.style.width = `${fitting * this.zoom}px`;
    this.canvas.style.height = `${(fitting * this.zoom * height) / width}px`;
  }

  paint() {
    if (!this.picture) return;
    const { width, height } = this.canvas;
    const scale = width / this.data.size[0];
    const marks = this.marks.getContext("2d");
    marks.clearRect(0, 0, width, height);
    if (this.below) marks.drawImage(this.below, 0, 0, width, height);
    for (const shape of [...this.shapes, ...(this.current ? [this.current] : [])]) {
      paintShape(marks, shape, scale, this.data.colour);
    }
    const context = this.canvas.getContext("2d");
    context.globalAlpha = 1;
    context.drawImage(this.picture, 0, 0, width, height);
    context.globalAlpha = OPACITY;
    context.drawImage(this.marks, 0, 0);
    context.globalAlpha = 1;
    if (this.cross) paintCross(context, this.cross, scale, this.tool === "rectangle" ? 0 : this.radius());
    this.canvas.dataset.drawn = "true";
    this.find("undo").disabled = this.find("clear").disabled = !this.shapes.length;
  }

  // ---- tools -----------------------------------------------------------------------------------

  find(name) {
    return this.root.querySelector(`[name=${name}]`);
  }

  radius() {
    return this.find("width").value / 2;
  }

  connectTools() {
    for (const tool of ["rectangle", "brush", "eraser"]) this.find(tool).onclick = () => this.take(tool);
    this.find("width").oninput = () => this.showWidth();
    this.find("undo").onclick = () => this.set(this.shapes.slice(0, -1));
    this.find("clear").onclick = () => this.set([]);
    this.find("in").onclick = () => this.zoomBy(1.5);
    this.find("out").onclick = () => this.zoomBy(1 / 1.5);
  }

  offerTools() {
    const { brush, size } = this.data;
    this.find("brush").hidden = this.find("eraser").hidden = !brush;
    const width = this.find("width");
    width.max = Math.max(20, Math.round(Math.min(...size) / 4));
    if (!brush && this.tool !== "rectangle") this.tool = "rectangle";
    this.take(this.tool);
    this.showWidth();
  }

  take(tool) {
    this.tool = tool;
    for (const name of ["rectangle", "brush", "eraser"]) {
      this.find(name).setAttribute("aria-pressed", name === tool);
    }
    this.root.querySelector(".width").hidden = tool === "rectangle";
    this.current = null;
    this.paint();
  }

  showWidth() {
    this.root.querySelector("output").textContent = `${this.find("width").value} px`;
    this.paint();
  }

  zoomBy(factor) {
    this.zoom = Math.min(HIGHEST_ZOOM, Math.max(1, this.zoom * factor));
    this.layOut();
  }

  // ---- shapes ----------------------------------------------------------------------------------

  begin([x, y]) {
    if (this.tool === "rectangle") {
      this.start = [x, y];
      this.current = rectangle(x, y, x, y, this.data.size);
    } else {
      this.current = { points: [[x, y]], radius: this.radius(), erases: this.tool === "eraser" };
    }
    this.paint();
  }

  goOn([x, y]) {
    if (this.tool === "rectangle") {
      this.current = rectangle(...this.start, x, y, this.data.size);
    } else {
      const { points, radius } = this.current;
      const [lastX, lastY] = points.at(-1);
      if (Math.hypot(x - lastX, y - lastY) < Math.max(0.5, radius / 8)) return;
      points.push([x, y]);
    }
    this.paint();
  }

  end() {
    const shape = this.current;
    this.current = null;
    const seen = shape.points || (shape.right - shape.left > 1 && shape.bottom - shape.top > 1);
    this.set(seen ? [...this.shapes, shape] : this.shapes);
  }

  set(shapes) {
    const changed = shapes !== this.shapes;
    this.shapes = shapes;
    this.paint();
    if (changed) this.send("shapes", shapes);
  }

  // ---- the person's hands ----------------------------------------------------------------------

  connectPointer() {
    const { canvas } = this;
    canvas.onpointerdown = (event) => {
      if (event.button !== 0 || this.pointer !== undefined) return;
      this.pointer = event.pointerId;
      this.cross = null;
      canvas.setPointerCapture(event.pointerId);
      this.begin(this.place(event));
    };
    canvas.onpointermove = (event) => {
      this.tell(this.place(event));
      if (event.pointerId !== this.pointer || !this.current) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const one of events.length ? events : [event]) this.goOn(this.place(one));
    };
    canvas.onpointerup = (event) => this.lift(event, () => this.end());
    canvas.onpointercancel = (event) => this.lift(event, () => this.drop());
    canvas.onpointerleave = () => this.tell(null);
  }

  lift(event, then) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    if (this.current) then();
  }

  drop() {
    this.current = null;
    this.paint();
  }

  onKey(event) {
    const [width, height] = this.data.size;
    const step = event.shiftKey ? 1 : Math.max(1, STEP * Math.max(width, height));
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const tools = { r: "rectangle", b: "brush", e: "eraser" };
    const move = moves[event.key];
    const tool = tools[event.key.toLowerCase()];
    if ((event.ctrlKey || event.metaKey) && event.key === "z") this.find("undo").click();
    else if (event.ctrlKey || event.metaKey) return;
    else if (move) this.moveCross(move[0] * step, move[1] * step);
    else if (event.key === "Enter" || event.key === " ") this.press();
    else if (event.key === "Escape" && this.current) this.drop();
    else if (tool && !this.find(tool).hidden) this.take(tool);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  moveCross(dx, dy) {
    const [width, height] = this.data.size;
    const [x, y] = this.cross ?? [width / 2, height / 2];
    const inside = (value, most) => Math.min(most, Math.max(0, value));
    this.cross = [inside(x + dx, width), inside(y + dy, height)];
    this.tell(this.cross);
    if (this.current) this.goOn(this.cross);
    else this.paint();
  }

  press() {
    this.cross ??= this.data.size.map((side) => side / 2);
    if (this.current) this.end();
    else this.begin(this.cross);
  }

  tell(place) {
    const text = place ? `x ${Math.floor(place[0])}, y ${Math.floor(place[1])}` : "";
    this.root.querySelector(".place").textContent = text;
  }

  // Where in the image, in its own pixels, an event lies.
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const [width, height] = this.data.size;
    return [
      ((event.clientX - box.left) / box.width) * width,
      ((event.clientY - box.top) / box.height) * height,
    ];
  }
}

// The whole pixels that a rectangle between two corners touches.
function rectangle(x0, y0, x1, y1, [width, height]) {
  const inside = (value, most) => Math.min(most, Math.max(0, value));
  return {
    left: inside(Math.floor(Math.min(x0, x1)), width),
    top: inside(Math.floor(Math.min(y0, y1)), height),
    right: inside(Math.ceil(Math.max(x0, x1)), width),
    bottom: inside(Math.ceil(Math.max(y0, y1)), height),
    erases: false,
  };
}

function paintShape(context, shape, scale, colour) {
  context.globalCompositeOperation = shape.erases ? "destination-out" : "source-over";
  context.fillStyle = context.strokeStyle = colour;
  if (shape.points) {
    context.lineWidth = 2 * shape.radius * scale;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    shape.points.forEach(([x, y], at) => context[at ? "lineTo" : "moveTo"](x * scale, y * scale));
    if (shape.points.length === 1) context.lineTo(shape.points[0][0] * scale, shape.points[0][1] * scale);
    context.stroke();
  } else {
    const { left, top, right, bottom } = shape;
    context.fillRect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
  }
  context.globalCompositeOperation = "source-over";
}

function paintCross(context, [x, y], scale, radius) {
  const arm = Math.max(8, radius * scale);
  for (const [colour, width] of [["black", 4], ["white", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x * scale - arm, y * scale);
    context.lineTo(x * scale + arm, y * scale);
    context.moveTo(x * scale, y * scale - arm);
    context.lineTo(x * scale, y * scale + arm);
    context.stroke();
  }
}

async function load(address) {
  const image = new Image();
  image.src = new URL(address.replace(/^\//, ""), document.baseURI);
  await image.decode();
  return image;
}

// A picture of a mask in one colour, clear where the mask is black.
function coloured(mask, colour) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [mask.naturalWidth, mask.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(mask, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  for (let at = 0; at < pixels.data.length; at += 4) {
    pixels.data.set([red, green, blue, pixels.data[at] > 127 ? 255 : 0], at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}
