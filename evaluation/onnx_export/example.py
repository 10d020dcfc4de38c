"""Score images: python example.py IMAGE... writes the map of each beside it, as NAME.map.png."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

folder = Path(__file__).parent
about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
model = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
low, high = about["display"]
threshold = about["image_threshold"]

for path in map(Path, sys.argv[1:]):
    # The image as float32 (H, W, 3), black 0 and white 1: see "intensity" in model.json.
    picture = ImageOps.exif_transpose(Image.open(path))
    deep = picture.mode[0] in "IF"
    white = about["white"] if deep else 255
    if not white:
        sys.exit(f"{path} has more than 8 bits: give the value of white as 'white' in model.json.")
    values = np.asarray(picture if deep else picture.convert("RGB"), np.float32) / np.float32(white)
    image = values.clip(0, 1) if values.ndim == 3 else np.stack([values.clip(0, 1)] * 3, axis=2)
    if about["size"] and list(image.shape[:2]) != about["size"]:
        sys.exit(f"{path} is {image.shape[:2]} pixels; expected {about['size']} (height, width).")

    scores, score = model.run(["score_map", "score"], {"image": image})
    grey = np.uint8(255 * ((scores - low) / (high - low)).clip(0, 1))
    Image.fromarray(grey).save(path.with_name(f"{path.name}.map.png"))
    verdict = "anomalous" if threshold is not None and score >= threshold else "normal"
    decision = "not judged" if threshold is None else verdict
    print(f"{path}: score {float(score):.6g}, threshold {threshold}: {decision}")
