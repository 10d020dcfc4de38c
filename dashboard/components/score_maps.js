// What the browser's parts share that draw score maps: see `dashboard/components/front_end.py`.
//
// A score map comes as a picture of levels 0 to 255 with a table of the score that each level stands
// for; colours, opacity and thresholds are applied here.

const MASK_COLOUR = [0, 200, 255];
const DECISION_COLOUR = [255, 255, 255];
const DIM = 3;
// By whether an image is defective: when it is not flagged, and when it is. The words here and in
// `markedWords` are those of `evaluation/report/calls.py`.
const CALLS = {
  true: ["✗ image missed", "✓ image found"],
  false: ["✓ no alarm", "✗ false alarm"],
  null: ["image not flagged", "image flagged"],
};

// An image as pixels, with the score map of a method over it, if one is given, and outlines of what
// it marks and of the true defect. The threshold is that of pixels.
function composed(layers, method, threshold, look, marked = null) {
  const { image, mask, scores, counted } = layers;
  const out = new ImageData(new Uint8ClampedArray(image.data), image.width, image.height);
  if (method) {
    blend(out.data, scores.data, colourTable(method, threshold, look), counted?.data);
    if (look.decision) {
      const inside = marked ?? markedPixels(layers, method, threshold);
      colour(out.data, border(inside, out.width, out.height, look.stroke), DECISION_COLOUR);
    }
  }
  if (counted) dim(out.data, counted.data);
  if (look.mask && mask) colour(out.data, borderOfMask(mask, look.stroke), MASK_COLOUR);
  return out;
}

// 1 for every pixel that a method marks, 0 for the others. A mask that the server decided holds for
// its threshold alone, not while one is moved.
function markedPixels({ scores, decision, counted }, method, threshold) {
  const first = method.levels.findIndex((level) => level >= threshold);
  const decided = decision && threshold === method.threshold;
  const levels = (decided ? decision : scores).data;
  const least = decided ? 128 : first < 0 ? 256 : first;
  const marked = new Uint8Array(scores.width * scores.height);
  for (let at = 0; at < marked.length; at++) {
    if (levels[4 * at] >= least && (!counted || counted.data[4 * at] > 127)) marked[at] = 1;
  }
  return marked;
}

// Colour and opacity of every level. The threshold lies in the middle of the colours; scores
// below it fade the more the lower they are, unless the opacity is full.
function colourTable(method, threshold, { palette, opacity }) {
  const table = new Float32Array(256 * 4);
  method.levels.forEach((score, level) => {
    const place = position(score, method.low, threshold);
    const colour = palette[Math.round(place * (palette.length - 1))];
    const fading = 1 + 5 * Math.max(0, 1 - 2 * place);
    table.set([...colour, opacity ** fading], 4 * level);
  });
  return table;
}

// What a method decides about an image as a whole, at its threshold of images.
function calling(row, index, threshold) {
  const score = row.image_scores[index];
  const flagged = score >= threshold;
  return {
    words: CALLS[row.defective][Number(flagged)],
    wrong: row.defective !== null && row.defective !== flagged,
    title: `Image score ${short(score)}; images are flagged from ${short(threshold)}`,
  };
}

// What the map of a method marks at its threshold of pixels, whatever is decided about the image.
// The server tells it for the present threshold; while one is moved the picture does.
function marking(row, index, layers, method, threshold, marked = null) {
  const told = threshold === method.threshold ? row.marked[index] : null;
  const [share, ofDefect] =
    told ?? markedShare(layers, marked ?? markedPixels(layers, method, threshold));
  return { words: markedWords(share, ofDefect), title: `Pixels are marked from ${short(threshold)}` };
}

// As `marked_share` of `evaluation/report/calls.py`.
function markedShare({ mask, counted }, marked) {
  let [defective, found, used, hits] = [0, 0, 0, 0];
  for (let at = 0; at < marked.length; at++) {
    if (counted && counted.data[4 * at] <= 127) continue;
    used += 1;
    hits += marked[at];
    if (!mask || mask.data[4 * at] <= 127) continue;
    defective += 1;
    found += marked[at];
  }
  return defective ? [found / defective, true] : [hits / used, false];
}

function markedWords(share, ofDefect) {
  if (share === 0) return ofDefect ? "map marks none of the defect" : "map marks nothing";
  if (share === 1) return ofDefect ? "map marks the whole defect" : "map marks every pixel";
  const percent = share < 0.01 ? "under 1" : Math.min(99, Math.round(100 * share));
  return `map marks ${percent}\u00a0% of the ${ofDefect ? "defect" : "pixels"}`;
}

function element(tag, name = "") {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}

function text(name, content, title = content) {
  const made = element("span", name);
  made.textContent = content;
  made.title = title;
  return made;
}

// The place of a score on a method's scale, 0 to 1, with the threshold at one half; as in
// `evaluation/report/display.py`.
function position(score, low, threshold) {
  const start = threshold > low ? low : threshold - Math.max(Math.abs(threshold), 1) * 1e-3;
  return Math.min(1, Math.max(0, (0.5 * (score - start)) / (threshold - start)));
}

function coloursFrom(hex) {
  return hex.map((code) => [1, 3, 5].map((at) => parseInt(code.slice(at, at + 2), 16)));
}

function short(value) {
  return Number(value.toPrecision(3)).toString();
}

async function loadPixels(address) {
  const image = new Image();
  image.src = new URL(address.replace(/^\//, ""), document.baseURI);
  await image.decode();
  const canvas = element("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

// Scores are not shown where no figure looks.
function blend(out, levels, table, counted) {
  for (let at = 0; at < out.length; at += 4) {
    if (counted && counted[at] <= 127) continue;
    const entry = 4 * levels[at];
    const share = table[entry + 3];
    for (let channel = 0; channel < 3; channel++) {
      out[at + channel] += (table[entry + channel] - out[at + channel]) * share;
    }
  }
}

function dim(out, counted) {
  for (let at = 0; at < out.length; at += 4) {
    if (counted[at] > 127) continue;
    for (let channel = 0; channel < 3; channel++) out[at + channel] /= DIM;
  }
}

function colour(out, places, [red, green, blue]) {
  for (const at of places) {
    out[4 * at] = red;
    out[4 * at + 1] = green;
    out[4 * at + 2] = blue;
  }
}

// The pixels of a region that lie at most `stroke` pixels from its border; the border of the picture
// is none.
function border(inside, width, height, stroke) {
  const found = [];
  for (let y = 0; y < height; y++) {
    const [up, down] = [y >= stroke, y < height - stroke];
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (!inside[at]) continue;
      const within =
        (x < stroke || inside[at - stroke]) &&
        (x >= width - stroke || inside[at + stroke]) &&
        (!up || inside[at - stroke * width]) &&
        (!down || inside[at + stroke * width]);
      if (!within) found.push(at);
    }
  }
  return found;
}

const bordersOfMasks = new WeakMap();

// A mask does not change while thresholds do.
function borderOfMask(mask, stroke) {
  const known = bordersOfMasks.get(mask);
  if (known?.stroke === stroke) return known.places;
  const inside = Uint8Array.from({ length: mask.width * mask.height }, (_, at) => mask.data[4 * at] > 127);
  const places = border(inside, mask.width, mask.height, stroke);
  bordersOfMasks.set(mask, { stroke, places });
  return places;
}
