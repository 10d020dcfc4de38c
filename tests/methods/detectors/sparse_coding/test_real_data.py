"""What the detector finds on real micrographs, where they are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from images.dataset import Pixels
from images.open import open_folder
from methods.detectors.sparse_coding.sparse_coding import SparseCoding


@pytest.mark.real_data
@pytest.mark.slow
def test_pixel_auroc_on_nanofibres() -> None:
    """Every fourth pixel of all test images, pooled; seeds differ by about 0.004."""
    if "ANOMALY_DATA" not in os.environ:
        pytest.skip("ANOMALY_DATA names no folder")
    dataset = open_folder(Path(os.environ["ANOMALY_DATA"]) / "nanotwice")
    detector = SparseCoding().fit(Pixels(dataset.normal))
    scores, truth = [], []
    for picture in dataset.test:
        mask = picture.mask()
        assert mask is not None
        scores.append(detector.score_map(picture.read())[2::4, 2::4].ravel())
        truth.append(mask[2::4, 2::4].ravel())
    assert roc_auc_score(np.concatenate(truth), np.concatenate(scores)) >= 0.92
