"""Settings of a detector that is trained on known classes and scores images itself."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.comparison.comparison import Variant
from evaluation.metrics.curves import auroc, rank
from evaluation.tuning.judging import Judge
from tests.evaluation.classes import QUICK, classes_set


def test_images_are_judged_by_the_scores_of_the_detector(tmp_path: Path) -> None:
    data = classes_set()
    judge = Judge(data.normal, "image_auroc", tmp_path)
    detector = judge.fitted(Variant("open-set", QUICK))
    estimate, _ = judge.estimated(detector, data.test)
    judged = [detector.judge(picture.read()) for picture in data.test]
    scores = np.array([each.score for each in judged if each], dtype=np.float32)
    bad = np.array([picture.defective() for picture in data.test])
    assert estimate.value == pytest.approx(auroc(rank(scores, bad)))
