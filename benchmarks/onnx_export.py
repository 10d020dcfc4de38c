"""Exported graphs beside their detectors: `python -m benchmarks.onnx_export --data FOLDER`.

Every method is fitted on a few normal images of a set, exported, and scores test images by ONNX
Runtime and by its own code, in turns, each on one core; all images are cut to 512 x 512 pixels.
Prints the largest difference of the maps relative to the highest score, of the image scores, and
the time of the graph over that of the detector. Ends with one line of JSON.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime

from images.colour import Image, to_rgb
from images.open import find_files
from images.roles.understanding import understand
from methods import registry
from methods.detector import Detector
from methods.export.onnx_file import IMAGE, SCORE, SCORE_MAP, SHARE, export_onnx, why_not
from methods.patches.grid import mean_of_highest

SIDE = 512
NORMAL, TESTED = 5, 3
ROUNDS = 3


@dataclass(frozen=True)
class Row:
    """What was measured of one method on one set."""

    data: str
    method: str
    map_difference: float
    score_difference: float
    detector_ms: float
    graph_ms: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """Time of the graph over that of the detector."""
        return self.graph_ms / self.detector_ms


def compare(name: str, method: str, normal: Sequence[Image], test: Sequence[Image]) -> Row:
    """Fit a method and score images both ways."""
    detector = registry.create(method).fit(normal)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        export_onnx(detector, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        megabytes = path.stat().st_size / 2**20
    found = [_both(detector, session, image) for image in test]
    maps, scores, own, graph = zip(*found, strict=True)
    return Row(name, method, max(maps), max(scores), median(own), median(graph), megabytes)


def _both(
    detector: Detector, session: onnxruntime.InferenceSession, image: Image
) -> tuple[float, float, float, float]:
    """Differences of maps and scores, and milliseconds of detector and graph."""
    given = {IMAGE: np.ascontiguousarray(to_rgb(image))}
    own_ms, graph_ms = [], []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        expected = detector.score_map(image)
        middle = time.perf_counter()
        scores, score = session.run([SCORE_MAP, SCORE], given)
        own_ms.append(1000 * (middle - begin))
        graph_ms.append(1000 * (time.perf_counter() - middle))
    highest = mean_of_highest(expected, SHARE)
    return (
        float(np.abs(scores - expected).max() / np.abs(expected).max()),
        abs(float(score) - highest) / abs(highest),
        min(own_ms),
        min(graph_ms),
    )


def _images(folder: Path) -> tuple[list[Image], list[Image]]:
    data = understand(find_files(folder))
    drawn = np.linspace(0, len(data.test) - 1, TESTED).round().astype(int).tolist()
    normal = [picture.read() for picture in data.normal[:NORMAL]]
    test = [data.test[at].read() for at in drawn]
    cut = [[image[:SIDE, :SIDE].copy() for image in part] for part in (normal, test)]
    return cut[0], cut[1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("ANOMALY_DATA"))
    parser.add_argument("--sets", default="grid,nanotwice,deeppcb")
    parser.add_argument("--methods", default="", help="default: all that can be exported")
    options = parser.parse_args(arguments)
    methods = (
        options.methods.split(",")
        if options.methods
        else [name for name in registry.names() if not why_not(registry.create(name))]
    )
    rows = []
    print("set        method                 map      score    detector  graph     ratio  MB")
    for name in options.sets.split(","):
        normal, test = _images(Path(options.data) / name)
        for method in methods:
            row = compare(name, method, normal, test)
            rows.append(row)
            print(
                f"{name:10} {method:22} {row.map_difference:.1e}  {row.score_difference:.1e}  "
                f"{row.detector_ms:5.0f} ms  {row.graph_ms:5.0f} ms  {row.ratio:4.2f}  "
                f"{row.megabytes:5.1f}",
                flush=True,
            )
    print(json.dumps({"rows": [{**asdict(row), "ratio": row.ratio} for row in rows]}))


if __name__ == "__main__":
    main()
