"""The accuracy of mean-feature on real images, where they are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from images.dataset import Pixels
from images.open import open_folder
from methods.detectors.patch_models.mean_feature import MeanFeature


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize(("preset", "reached"), [({}, 0.925), ({"stages": (6,)}, 0.935)])
def test_pixel_auroc_on_nanofibres(preset: dict[str, str], reached: float) -> None:
    """Every fourth pixel of all test images, pooled."""
    if "ANOMALY_DATA" not in os.environ:
        pytest.skip("ANOMALY_DATA names no folder")
    dataset = open_folder(Path(os.environ["ANOMALY_DATA"]) / "nanotwice")
    detector = MeanFeature(preset).fit(Pixels(dataset.normal))
    scores, truth = [], []
    for picture in dataset.test:
        mask = picture.mask()
        assert mask is not None
        scores.append(detector.score_map(picture.read())[2::4, 2::4].ravel())
        truth.append(mask[2::4, 2::4].ravel())
    assert roc_auc_score(np.concatenate(truth), np.concatenate(scores)) >= reached
