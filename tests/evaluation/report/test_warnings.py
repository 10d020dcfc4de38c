"""Warnings that a detector has of its own training, from the fit to every view."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.runner import run
from evaluation.report.html import write_report
from evaluation.report.warnings import warnings
from images.colour import Image
from images.dataset import GOOD, DataSet, Picture
from methods import registry
from methods.detector import DetectorError
from tests.plugin.detector import Brightness, BrightnessParameters

SENTENCE = "It learned one brightness, 0.50, whatever it saw."


class Collapsed(Brightness):
    name = "test-collapsed"
    Params = BrightnessParameters

    def _warnings(self) -> tuple[str, ...]:
        return (SENTENCE,) if abs(self.mean_ - 0.5) < 0.01 else ()


def flat(level: float) -> Image:
    return np.full((24, 24), level, dtype=np.float32)


def data_set(*levels: float) -> DataSet:
    normal = tuple(Picture(f"n{level}", GOOD, partial(flat, level)) for level in levels)
    return DataSet("levels", normal, (Picture("t", GOOD, partial(flat, 0.9)),))


@pytest.fixture
def method(monkeypatch: pytest.MonkeyPatch) -> Variant:
    registry.names()
    monkeypatch.setitem(registry.DETECTORS._entries, Collapsed.name, Collapsed)
    return Variant(Collapsed.name, label="mine")


def found(comparison: Comparison) -> list[str]:
    texts = warnings(comparison, [assess(comparison, result) for result in comparison.results])
    return [text for text in texts if text.startswith("mine: ")]


def test_a_warning_is_stored_and_shown_with_the_name_of_its_method(
    method: Variant, tmp_path: Path
) -> None:
    comparison = run(data_set(0.4, 0.5, 0.6), [method], folder=tmp_path)
    assert found(comparison) == found(Comparison.open(tmp_path)) == [f"mine: {SENTENCE}"]
    page = tmp_path / "report.html"
    write_report(comparison, [assess(comparison, one) for one in comparison.results], page)
    assert SENTENCE in page.read_text(encoding="utf-8")


def test_where_all_is_well_there_is_none(method: Variant, tmp_path: Path) -> None:
    assert found(run(data_set(0.1, 0.2), [method], folder=tmp_path)) == []


def test_a_detector_that_is_not_fitted_has_nothing_to_warn_of() -> None:
    with pytest.raises(DetectorError, match="is not fitted yet"):
        Collapsed().warnings()
    fitted: Any = Collapsed().fit([flat(0.5)])
    assert fitted.warnings() == (SENTENCE,)


@pytest.mark.parametrize(
    ("images", "said"), [(1, "1 normal image "), (4, "4 normal images "), (19, "")]
)
def test_few_normal_images_cannot_keep_a_low_rate(
    images: int, said: str, method: Variant, tmp_path: Path
) -> None:
    """Of 4 images and one more, each is the highest with a probability of 20 %; of 20, 5 %."""
    levels = (0.1 + 0.02 * at for at in range(images))
    comparison = run(data_set(*levels), [method], folder=tmp_path)
    texts = warnings(comparison, [assess(comparison, one) for one in comparison.results])
    few = [text for text in texts if "keep to a false positive rate" in text]
    assert len(few) == bool(said)
    if said:
        assert few[0].startswith(f"With {said}no threshold of images can keep to a false positive ")
        assert f"rate below {100 / (1 + images):.0f} %: so often a new good image" in few[0]
