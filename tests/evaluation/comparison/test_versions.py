"""Folders of comparisons that earlier versions wrote."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from evaluation.assessment import assess
from evaluation.comparison.comparison import COMPARISON_FILE, FORMAT, Comparison, MethodResult
from evaluation.comparison.method import run_method
from evaluation.comparison.storage import ComparisonError

VERSION_2 = Path(__file__).with_name("version_2.zip")
"""Four normal images of 12 x 16 and two test images, PCA on raw patches, seed 5."""


@pytest.fixture
def second(tmp_path: Path) -> Path:
    with zipfile.ZipFile(VERSION_2) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def held_out(comparison: Comparison, count: int) -> list[list[int]]:
    return [[scored.place for scored in fold.scored] for fold in comparison.plan.folds(count)]


def test_version_2_opens_with_the_split_and_the_scores_it_had(second: Path) -> None:
    comparison = Comparison.open(second)
    assert json.loads((second / COMPARISON_FILE).read_text())["format"].endswith(" 2")
    assert comparison.seed == 5
    # As the version that wrote it drew them.
    assert held_out(comparison, 2) == [[2, 3], [0, 1]]
    assert held_out(comparison, 3) == [[0, 3], [1], [2]]
    assert held_out(comparison, 4) == [[3], [1], [2], [0]]
    (result,) = comparison.results
    assert [float(scores.max()) for scores in result.maps] == pytest.approx(
        [5.3650383949279785, 816.3650512695312]
    )
    assert float(result.normal_maps[2].max()) == pytest.approx(6.434086322784424)
    assert assess(comparison, result).metrics.values["pixel_auroc"] is not None
    scores = result.detector().score_map(comparison.data.test[1].read())
    np.testing.assert_allclose(scores, result.maps[1], rtol=1e-5)


def test_a_method_of_version_2_can_be_run_again(second: Path) -> None:
    (before,) = Comparison.open(second).results
    kept = np.stack(list(before.normal_maps))
    again = run_method(second, before.variant)
    assert isinstance(again, MethodResult)
    assert again.folds == before.folds == 4
    np.testing.assert_allclose(np.stack(list(again.normal_maps)), kept, rtol=1e-4)


@pytest.mark.parametrize(
    "version", ["anomaly-compare comparison 1", "anomaly-compare comparison 9"]
)
def test_a_version_that_is_not_read_is_named(second: Path, version: str) -> None:
    path = second / COMPARISON_FILE
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "format": version}))
    with pytest.raises(ComparisonError) as caught:
        Comparison.open(second)
    assert str(caught.value) == (
        f"{second} holds {version!r}; expected {FORMAT!r}. Run the comparison again."
    )


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"seed": -1}, "the seed is -1"),
        ({"groups": [0, 1, 2, 7]}, "groups are not numbered from 0"),
        ({"groups": [0, 1, 2]}, "3 groups for 4 normal images"),
    ],
)
def test_a_split_of_version_2_that_cannot_be_drawn_is_refused(
    second: Path, damage: dict[str, object], reason: str
) -> None:
    path = second / COMPARISON_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **damage}))
    with pytest.raises(ComparisonError, match=f"is damaged: {reason}"):
        Comparison.open(second)
