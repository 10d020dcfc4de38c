"""The time of mutual scoring on many images: `python -m benchmarks.mutual_scoring SET`.

The test images of a data set and copies of them that are turned, mirrored and shifted, as many as
`--images`, resized to `--side` pixels. Making an image is not part of the times. Prints the wall
seconds of training, of all and of an image, the processor seconds of all, and how those of an image
split; the last line is JSON.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from evaluation.suites.suite import SetSource
from images.colour import Image
from images.dataset import Pixels
from images.on_demand import OnDemand
from methods.detectors.zero_shot.mutual_scoring import MutualScoring
from methods.features.prepared import resized

IMAGES, SIDE = 500, 1024
TURNS = 8
"""An image, turned and mirrored."""
SHIFT = 101
"""Pixels by which copies of copies are shifted; what leaves at one end comes in at the other."""
TOLD = 50
"""Images after which the wall and the processor seconds so far are printed."""
SPLIT = 10
"""Images whose features are computed again, to know their part of the time."""


class Clock:
    """Wall and processor seconds, without those of what is left out."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()
        self._out = 0.0
        self._processor_out = 0.0

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What is done in here is left out."""
        wall, processor = time.perf_counter(), time.process_time()
        yield
        self._out += time.perf_counter() - wall
        self._processor_out += time.process_time() - processor

    def wall_s(self) -> float:
        """Wall seconds so far."""
        return time.perf_counter() - self._wall - self._out

    def processor_s(self) -> float:
        """Processor seconds of all threads so far."""
        return time.process_time() - self._processor - self._processor_out


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mutual_scoring", description=__doc__
    )
    parser.add_argument("set", type=Path, help="folder or ZIP of a data set")
    parser.add_argument("--images", type=int, default=IMAGES, help=f"default {IMAGES}")
    parser.add_argument("--side", type=int, default=SIDE, help=f"pixels, default {SIDE}")
    parser.add_argument("--params", default="{}", help="parameters of the detector, JSON")
    options = parser.parse_args(arguments)
    data = SetSource(options.set.stem, options.set).open()
    detector = MutualScoring(json.loads(options.params))
    detector.warm_up()
    clock = Clock()
    images = copies(Pixels(data.test), options.images, options.side, clock)
    detector.fit(images)
    facts = {"images": len(images), "fit_s": clock.wall_s()}
    print(f"fit_s: {facts['fit_s']:.1f}", flush=True)
    for number, image in enumerate(images, start=1):
        detector.score_map(image)
        if number % TOLD == 0:
            print(f"{number} images: {clock.wall_s():.1f}, {clock.processor_s():.1f}", flush=True)
    facts |= {"total_s": clock.wall_s(), "processor_s": clock.processor_s()}
    facts["image_s"] = (facts["total_s"] - facts["fit_s"]) / len(images)
    facts |= split(detector, images[: min(SPLIT, len(images))])
    facts["load"] = os.getloadavg()[0]
    for name, value in facts.items():
        print(f"{name}: {value:.3f}")
    print(json.dumps(facts))


def copies(given: Sequence[Image], count: int, side: int, clock: Clock) -> OnDemand[Image]:
    """`count` images of `side` x `side` pixels, no two of them the same copy of an image."""

    sources = [np.rint(255 * sized(image, side)).astype(np.uint8) for image in given]

    def made(at: int) -> Image:
        copy, number = divmod(at, len(sources))
        shift, turn = divmod(copy, TURNS)
        image = np.roll(sources[number], (shift * SHIFT, shift * SHIFT), axis=(0, 1))
        image = np.rot90(image[:, ::-1] if turn >= TURNS // 2 else image, turn)
        return np.ascontiguousarray(image, dtype=np.float32) / np.float32(255)

    def make(at: int) -> Image:
        with clock.stopped():
            return made(at)

    return OnDemand(count, make)


def sized(image: Image, side: int) -> Image:
    """An image with `side` x `side` pixels."""
    if image.ndim == 2:
        return resized(image, side, side)
    planes = [np.ascontiguousarray(plane) for plane in np.moveaxis(image, 2, 0)]
    return np.stack([resized(plane, side, side) for plane in planes], axis=2)


def split(detector: MutualScoring, images: Sequence[Image]) -> dict[str, float]:
    """The processor seconds an image for its features, for distances to patches, for all else."""
    features = model = 0.0
    given = [images[at] for at in range(len(images))]
    begin = time.process_time()
    for image in given:
        detector.score_map(image)
    whole = time.process_time() - begin
    for image in given:
        begin = time.process_time()
        bands = list(detector.features_.bands(image))
        middle = time.process_time()
        for band in bands:
            detector.model_.score(band)
        features += middle - begin
        model += time.process_time() - middle
    parts = {"features_s": features, "distances_s": model, "rest_s": whole - features - model}
    return {name: seconds / len(given) for name, seconds in parts.items()}


if __name__ == "__main__":
    main()
