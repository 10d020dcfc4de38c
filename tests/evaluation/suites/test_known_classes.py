"""Units of a suite on a set of known classes."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.comparison.comparison import Failure, Variant, read_description
from evaluation.metrics.curves import auroc, rank
from evaluation.suites import unit
from evaluation.suites.unit import Unit, run_unit, store_set
from tests.evaluation.classes import COUNT, QUICK, classes_set

OPEN_SET = Variant("open-set", QUICK)


def test_classes_are_spread_over_the_folds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many of each class in both folds: half of `COUNT`. No images are near-duplicates."""
    monkeypatch.setattr(unit, "groups_of", lambda images: range(len(images)))
    store_set(classes_set(), tmp_path)

    def look(folder: Path, variant: Variant) -> Failure:
        description = read_description(folder)
        classes = [picture.known_class for picture in description.data.normal]
        folds = list(zip(description.split.members[0], classes, strict=True))
        counts = [folds.count((fold, name)) for fold in (0, 1) for name in ("level", "upright")]
        return Failure(variant, str(counts))

    monkeypatch.setattr(unit, "run_method", look)
    assert run_unit(Unit("stripes", OPEN_SET, 0.0), tmp_path).failure == str([COUNT // 2] * 4)


def test_a_method_without_calibration_learns_classes_and_scores_images(tmp_path: Path) -> None:
    data = classes_set()
    store_set(data, tmp_path)
    row = run_unit(Unit("stripes", OPEN_SET, None), tmp_path)
    assert row.failure == ""
    detector = OPEN_SET.new_detector()
    detector.fit(
        [picture.read() for picture in data.normal],
        classes=[picture.known_class for picture in data.normal],
    )
    judged = [detector.judge(picture.read()) for picture in data.test]
    scores = np.array([each.score for each in judged if each], dtype=np.float32)
    bad = np.array([picture.defective() for picture in data.test])
    assert row.metrics["image_auroc"] == pytest.approx(auroc(rank(scores, bad)))
