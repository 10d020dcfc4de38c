"""A row of a method that is fitted once and not calibrated: trainings that take minutes.

Cross-fitting repeats a training for each fold; without it there are no scores of held-out normal
images, so no threshold and no rate found on good test images.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.comparison.comparison import Variant
from evaluation.comparison.costs import peak_memory, stopwatch
from evaluation.comparison.storage import writing
from evaluation.metrics.curves import rank
from evaluation.metrics.metrics import Protocol, Rankings, metrics_of
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truths, known_labels
from evaluation.suites.rows import FOUND, Row
from images.dataset import DataSet, Pixels
from images.version import VERSION


def uncalibrated_row(
    set_name: str, variant: Variant, data: DataSet, settings: Mapping[str, Any]
) -> Row:
    """Fit a method on a data set and score its test images; raises what the detector raises."""
    detector, truths, protocol = variant.new_detector(), Truths(data.test), Protocol()
    detector.warm_up()
    with peak_memory() as memory:
        with stopwatch() as fitting:
            detector.fit(Pixels(data.normal if detector.needs_normal() else data.test))
        with stopwatch() as scoring:
            maps = [detector.score_map(image) for image in Pixels(data.test)]
    with writing("The folder for temporary files"), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        detector.save(path)
        model_mb = path.stat().st_size / 2**20
    known, defective = known_labels([truth.defective for truth in truths])
    images = rank(protocol.image_score.of_all(maps, truths)[known], defective[known])
    values = metrics_of(Rankings(rank_pixels(maps, truths), images), protocol).values
    costs = {
        "fit_seconds": fitting.seconds,
        "score_seconds_per_image": scoring.seconds / len(maps),
        "peak_memory_mb": memory.rise_mb,
        "model_mb": model_mb,
    }
    return Row(
        set_name,
        variant.label,
        variant.seed,
        {**values, **dict.fromkeys(FOUND)},
        costs,
        settings=settings,
        version=VERSION,
    )
