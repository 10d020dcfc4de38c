"""The command line on micrographs, when the folder that ANOMALY_DATA names has them."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from evaluation.command import main
from evaluation.comparison.comparison import Comparison

DATA = Path(os.environ.get("ANOMALY_DATA", ""))


@pytest.mark.real_data
@pytest.mark.skipif("ANOMALY_DATA" not in os.environ, reason="ANOMALY_DATA is not set")
def test_figures_on_micrographs(tmp_path):
    settings = ["--methods", "pca-residual", "--set", "pca-residual.stride=15"]
    assert main([str(DATA / "nanotwice"), *settings, "--out", str(tmp_path)]) == 0
    (method,) = json.loads((tmp_path / "results.json").read_text())["methods"]
    assert method["undefined"]["image_auroc"] == "no normal test image"
    comparison = Comparison.open(tmp_path)
    labels = np.concatenate([picture.mask().ravel() for picture in comparison.data.test])
    scores = np.concatenate([one.ravel() for one in comparison.results[0].maps])
    metrics = method["metrics"]
    assert metrics["pixel_auroc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert metrics["pixel_average_precision"] == pytest.approx(
        average_precision_score(labels, scores), abs=1e-12
    )
