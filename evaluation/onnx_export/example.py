"""Score an image with model.onnx: python example.py IMAGE [MAP.png]"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

FOLDER = Path(__file__).parent
ABOUT = json.loads((FOLDER / "model.json").read_text(encoding="utf-8"))


def read(path: str) -> np.ndarray:
    """The image as float32 (H, W, 3), black 0 and white 1; see "intensity" in model.json."""
    picture = ImageOps.exif_transpose(Image.open(path))
    deep = picture.mode[0] in "IF"
    white = ABOUT["white"] if deep else 255
    if not white:
        sys.exit(f"{path} has more than 8 bits: give its white value as 'white' in model.json.")
    values = np.asarray(picture if deep else picture.convert("RGB"), np.float32) / np.float32(white)
    image = values.clip(0, 1) if values.ndim == 3 else np.stack([values.clip(0, 1)] * 3, axis=2)
    if ABOUT["size"] and list(image.shape[:2]) != ABOUT["size"]:
        sys.exit(f"{path} is {image.shape[:2]} pixels; expected {ABOUT['size']} (height, width).")
    return image


model = onnxruntime.InferenceSession(FOLDER / "model.onnx", providers=["CPUExecutionProvider"])
scores, score = model.run(["score_map", "score"], {"image": read(sys.argv[1])})
low, high = ABOUT["display"]
grey = np.uint8(255 * ((scores - low) / (high - low)).clip(0, 1))
Image.fromarray(grey).save(sys.argv[2] if len(sys.argv) > 2 else "map.png")
threshold = ABOUT["image_threshold"]
decision = "not judged" if threshold is None else "anomalous" if score >= threshold else "normal"
print(f"score {float(score):.6g}, threshold {threshold}: {decision}")
