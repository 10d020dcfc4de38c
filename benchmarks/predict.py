"""`anomaly-compare predict` beside its network alone: rate, memory, time to the first row.

    python -m benchmarks.predict                    padim on 512 x 512 images
    python -m benchmarks.predict --bundle FILE      another method, on images of such textures
    python -m benchmarks.predict --memory 10000     memory over many small images

All ways run in turn in one process. On a machine with other work the seconds of wall time say
little; the time that its threads compute is printed beside them. The network is given its prepared
input; predict reads PNG files and writes its rows and pictures.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from PIL import Image as Pillow

from evaluation.assessment import assess
from evaluation.bundle.bundle import Bundle, open_bundle
from evaluation.bundle.export import bundle_of
from evaluation.bundle.output import PICTURES, Output, Picture
from evaluation.bundle.predict import Predictor, at_once
from evaluation.bundle.sources import FolderSource
from evaluation.comparison.comparison import Variant
from evaluation.comparison.runner import run
from evaluation.workers.threads import cores, each_with
from images.colour import Image
from images.dataset import GOOD, DataSet
from images.dataset import Picture as OneImage
from methods.features.backbones import registry as backbones
from methods.patches.patch_detector import PatchDetector

STARTS = 3
CHILDREN = ("children_user", "children_system")
ROUNDS = 2
A_ROUND = 60
"""Images of a round."""
SMALL = {"features": "raw patches", "window": 8, "stride": 8, "smoothing": 0}
"""A quick method, so that many images take minutes."""


def texture(number: int, side: int) -> Image:
    """A weave with noise, such as a textile under a microscope."""
    rng = np.random.default_rng(number)
    rows, columns = np.indices((side, side)) + rng.uniform(0, 40, 2)[:, None, None]
    weave = 0.5 + 0.15 * np.sin(rows / 2.3) + 0.15 * np.sin(columns / 3.1)
    return (weave + rng.normal(0, 0.05, (side, side))).clip(0, 1).astype(np.float32)


def exported(detector: str, side: int, folder: Path, params: dict[str, object]) -> Path:
    """The bundle of a detector that was trained on textures."""

    def picture(number: int) -> OneImage:
        return OneImage(f"{number}.png", GOOD, lambda: texture(number, side))

    data = DataSet("weave", tuple(map(picture, range(4))), (picture(4),))
    comparison = run(
        data, [Variant(detector, params)], folder / "comparison", calibration_seconds=0
    )
    path = folder / f"{detector}.safetensors"
    bundle_of(comparison, assess(comparison, comparison.results[0])).save(path)
    return path


def write_images(folder: Path, numbers: Sequence[int], side: int) -> None:
    """Textures as PNG."""
    folder.mkdir()
    for number in numbers:
        levels = np.rint(255 * texture(number % 50, side)).astype(np.uint8)
        Pillow.fromarray(levels).save(folder / f"{number:06d}.png", compress_level=1)


def rates(side: int, file: Path | None) -> None:
    """Print how many images a second the network takes alone, and predict with it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = file or exported("padim", side, folder, {})
        first_row(file, side, folder / "first")
        bundle = open_bundle(file)
        detector = bundle.detector
        assert isinstance(detector, PatchDetector)
        features = detector.params.network_features()  # type: ignore[attr-defined]
        features.restore(bundle.model_arrays)
        stages = tuple(stage.number for stage in features.stages)
        network = backbones.network(features.backbone.name, stages)
        image = texture(1, side)
        prepared = features._prepare(image, features.tiling.margin)
        print(f"{side} x {side} pixels, network input {prepared.shape[3]} x {prepared.shape[2]}")
        choices: dict[str, tuple[Picture, ...]] = {"table": (), "table and pictures": PICTURES}
        seconds: dict[str, list[tuple[float, float]]] = {}

        def measure(what: str, work: Callable[[], object]) -> None:
            before = time.perf_counter(), time.process_time()
            work()
            after = time.perf_counter(), time.process_time()
            seconds.setdefault(what, []).append((after[0] - before[0], after[1] - before[1]))

        for at in range(ROUNDS + 1):  # the first warms up
            images = folder / f"images{at}"
            write_images(images, range(at * A_ROUND, (at + 1) * A_ROUND), side)
            measure("network alone", lambda: [network(prepared) for _ in range(A_ROUND)])
            backbones.forget()
            detector.warm_up()
            measure("detector alone", lambda: [detector.score_map(image) for _ in range(A_ROUND)])
            for choice, pictures in choices.items():
                out = folder / f"{at}{choice}"
                backbones.forget()
                with each_with(max(1, cores() // at_once())):
                    detector.warm_up()
                    measure(choice, partial(_predict, bundle, images, out, pictures))
        alone = np.median(seconds["network alone"][1:], axis=0)
        for what, found in seconds.items():
            wall, processor = np.median(found[1:], axis=0)
            print(
                f"{what:20} {A_ROUND / wall:6.2f} images/s ({alone[0] / wall:.2f} of the network), "
                f"{processor / A_ROUND:.3f} s of processor time an image "
                f"({alone[1] / processor:.2f})"
            )


def _predict(bundle: Bundle, images: Path, out: Path, pictures: tuple[Picture, ...]) -> None:
    output = Output(out, bundle, pictures)
    try:
        predictor = Predictor(bundle, output)
        predictor.run(FolderSource(images, out).files())
        assert predictor.counts.scored == A_ROUND
    finally:
        output.close()


def memory(count: int) -> None:
    """Print the memory of a run over many small images, and how many it takes a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = open_bundle(exported("pca-residual", 64, folder, dict(SMALL)))
        write_images(folder / "images", range(count), 64)
        output = Output(folder / "out", bundle, ())
        predictor = Predictor(bundle, output)
        process = psutil.Process()
        seen: list[float] = []

        def look() -> bool:
            if predictor.counts.scored % (count // 20) == 0:
                seen.append(process.memory_info().rss / 2**20)
            return False

        begin = time.perf_counter()
        predictor.run(FolderSource(folder / "images", folder / "out").files(), look)
        took = time.perf_counter() - begin
        output.close()
        rows = (folder / "out" / "predictions.csv").read_bytes().count(b"\n") - 1
        print(f"{rows:,} rows of {count:,} images, {count / took:.0f} images/s")
        print(f"memory {seen[0]:.0f} MB at first, {min(seen):.0f} to {max(seen):.0f} MB")
        print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10:.0f} MB")


def first_row(file: Path, side: int, folder: Path) -> None:
    """Print the seconds from the start of the command to the first row."""
    folder.mkdir()
    write_images(folder / "images", range(3), side)
    for at in range(STARTS):
        table = folder / f"out{at}" / "predictions.csv"
        command = [sys.executable, "-m", "dashboard", "predict", str(file.resolve())]
        command += [str(folder / "images"), "--out", str(table.parent), "--quiet"]
        before = os.times()
        begin = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while not table.exists() or table.read_bytes().count(b"\n") < 2:
                time.sleep(0.005)
            took = time.perf_counter() - begin
            process.kill()
        after = os.times()
        computed = sum(getattr(after, key) - getattr(before, key) for key in CHILDREN)
        print(f"first row after {took:.2f} s, of which {computed:.2f} s of processor time")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=512, help="pixels (default 512)")
    parser.add_argument("--memory", type=int, metavar="IMAGES", help="memory over so many images")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="of a method with a network")
    options = parser.parse_args()
    if options.memory:
        memory(options.memory)
    else:
        rates(options.side, options.bundle)


if __name__ == "__main__":
    main()
