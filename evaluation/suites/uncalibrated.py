"""A row of a method that is fitted once and not calibrated: trainings that take minutes.

Cross-fitting repeats a training for each fold; without it there are no scores of held-out normal
images, so no threshold and no rate found on good test images.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.comparison.comparison import Variant
from evaluation.comparison.costs import peak_memory, stopwatch
from evaluation.comparison.fold_fits import fit_on
from evaluation.comparison.storage import writing
from evaluation.metrics.curves import rank
from evaluation.metrics.metrics import Protocol, Rankings, metrics_of
from evaluation.metrics.regions import rank_pixels
from evaluation.metrics.truth import Truths, known_labels
from evaluation.suites.rows import FOUND, Row
from images.dataset import DataSet, Pixels
from images.version import VERSION
from methods.progress import no_progress


def uncalibrated_row(
    set_name: str, variant: Variant, data: DataSet, settings: Mapping[str, Any]
) -> Row:
    """Fit a method on a data set and score its test images; raises what the detector raises."""
    detector, truths, protocol = variant.new_detector(), Truths(data.test), Protocol()
    images = Pixels(data.test)
    detector.warm_up()
    with peak_memory() as memory:
        with stopwatch() as fitting:
            trained_on = data.normal if detector.needs_normal() else data.test
            fit_on(detector, trained_on, no_progress)
        with stopwatch() as scoring:
            found = [(detector.score_map(image), detector.judge(image)) for image in images]
    with writing("The folder for temporary files"), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        detector.save(path)
        model_mb = path.stat().st_size / 2**20
    maps = [scores for scores, _ in found]
    own = [judgement.score for _, judgement in found if judgement is not None]
    scores = np.array(own, dtype=np.float32) if own else protocol.image_score.of_all(maps, truths)
    known, defective = known_labels([truth.defective for truth in truths])
    ranking = rank(scores[known], defective[known])
    values = metrics_of(Rankings(rank_pixels(maps, truths), ranking), protocol).values
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
