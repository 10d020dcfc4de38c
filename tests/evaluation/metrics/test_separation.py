"""Both quantities of images whose distances can be counted by hand."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.assessment import assess
from evaluation.comparison.comparison import Comparison, Variant
from evaluation.comparison.folds import CrossFit
from evaluation.comparison.runner import run
from evaluation.metrics.curves import Undefined
from evaluation.metrics.separation import separation_by_method, separation_by_raw_pixels
from evaluation.report.plots import separation_figure
from images.colour import Image, Mask
from images.dataset import GOOD, DataSet, Picture
from tests.evaluation.synthetic import data_set

SQRT3 = np.sqrt(3)


def grey(values: list[list[float]]) -> Image:
    return np.array(values, dtype=np.float32)


def picture(name: str, kind: str | None, image: Image, counted: Mask | None = None) -> Picture:
    read_counted = None if counted is None else counted.copy
    return Picture(name, kind, image.copy, read_counted=read_counted)


def comparison(normal: list[Picture], test: list[Picture]) -> Comparison:
    data = DataSet("by hand", tuple(normal), tuple(test))
    plan = CrossFit(data.normal, tuple(range(len(normal))))
    return Comparison(data, plan, (), (), Path())


def normal(*images: Image) -> list[Picture]:
    return [picture(f"n{at}", GOOD, image) for at, image in enumerate(images)]


def test_distances_to_the_mean_at_each_position() -> None:
    # The mean is 0.2, 0.4; without itself, each normal image lies 0.2 and 0.4 from the other.
    found = separation_by_raw_pixels(
        comparison(
            normal(grey([[0.1, 0.2]]), grey([[0.3, 0.6]])),
            [
                picture("a", GOOD, grey([[0.2, 0.5]])),
                picture("b", "hole", grey([[0.9, 0.3]])),
                picture("c", None, grey([[0.2, 0.4]])),
            ],
        )
    )
    assert found.names == ["a", "b", "c"]
    assert found.labels == [False, True, None]
    assert found.quantities["max"] == pytest.approx([0.1, 0.7, 0.0], abs=1e-6)
    assert found.quantities["mean"] == pytest.approx([0.05, 0.4, 0.0], abs=1e-6)
    thresholds = {point.name: point.threshold for point in found.points}
    assert thresholds == {
        "T1": pytest.approx(0.4),
        "T2": pytest.approx(0.4),
        "T3": pytest.approx(0.4),
        "T4": pytest.approx(0.3),
        "T5": pytest.approx(0.3),
        "T6": pytest.approx(0.3),
    }
    assert found.points[0].decision.area == 1.0
    assert "at its position" in found.about


def test_a_colour_is_one_distance() -> None:
    black, white = np.zeros((1, 2, 3), np.float32), np.ones((1, 2, 3), np.float32)
    mixed = np.array([[[0.5, 0.5, 0.5], [0.5, 0.8, 0.9]]], dtype=np.float32)
    found = separation_by_raw_pixels(comparison(normal(black, white), [picture("a", None, mixed)]))
    # The second pixel is (0, 0.3, 0.4) from (0.5, 0.5, 0.5).
    assert found.quantities["max"] == pytest.approx([0.5])
    assert found.quantities["mean"] == pytest.approx([0.25])
    assert found.points[0].threshold == pytest.approx(SQRT3)


def test_images_of_several_sizes_are_compared_with_the_mean_of_all_normal_pixels() -> None:
    # The mean of 0, 0.3, 0.3 and 0.2 is 0.2.
    found = separation_by_raw_pixels(
        comparison(
            normal(grey([[0.0, 0.3, 0.3]]), grey([[0.2]])),
            [picture("a", None, grey([[0.6], [0.1]]))],
        )
    )
    assert found.quantities["max"] == pytest.approx([0.4])
    assert found.quantities["mean"] == pytest.approx([0.25])
    assert found.points[0].threshold == pytest.approx(0.2)
    assert "all normal pixels" in found.about


def test_grey_beside_colour_is_taken_as_colour() -> None:
    found = separation_by_raw_pixels(
        comparison(
            normal(np.full((2, 3), 0.2, np.float32)),
            [picture("a", None, np.full((1, 1, 3), 0.3, np.float32))],
        )
    )
    assert found.quantities["max"] == pytest.approx([0.1 * SQRT3])


def test_a_single_normal_image_has_no_others_at_its_positions() -> None:
    found = separation_by_raw_pixels(
        comparison(normal(grey([[0.2, 0.6]])), [picture("a", None, grey([[0.2, 0.6]]))])
    )
    assert found.quantities["max"] == pytest.approx([0.2])


def test_pixels_that_do_not_count_are_left_out() -> None:
    counted = np.array([[True, False]])
    found = separation_by_raw_pixels(
        comparison(
            [picture("n", GOOD, grey([[0.5, 1.0]]), counted)],
            [picture("a", None, grey([[0.8, 0.0]]), counted)],
        )
    )
    assert found.quantities["max"] == pytest.approx([0.3])
    assert found.quantities["mean"] == pytest.approx([0.3])


def test_there_must_be_a_normal_image() -> None:
    with pytest.raises(Undefined, match="no held-out normal image"):
        separation_by_raw_pixels(comparison([], [picture("a", None, grey([[0.8]]))]))


def test_a_method_is_judged_by_its_scores(tmp_path: Path) -> None:
    small = {"window": 8, "stride": 4}
    found = run(data_set(), [Variant("pca-residual", small)], tmp_path)
    assessment = assess(found, found.results[0])
    separation = separation_by_method(found, assessment)
    maps = found.results[0].maps
    assert separation.title == "pca-residual"
    assert separation.quantities["max"].tolist() == [scores.max() for scores in maps]
    assert separation.quantities["mean"] == pytest.approx(
        [float(scores.mean(dtype=np.float64)) for scores in maps], rel=1e-6
    )
    assert separation.points == assessment.working_points


def test_the_figure_shows_each_image_once_and_all_thresholds() -> None:
    found = separation_by_raw_pixels(
        comparison(
            normal(grey([[0.1, 0.2]]), grey([[0.3, 0.6]])),
            [
                picture("<a>", GOOD, grey([[0.2, 0.5]])),
                picture("b", "hole", grey([[0.9, 0.3]])),
            ],
        )
    )
    figure = separation_figure(found)
    normal_group, defective_group = figure.data
    assert (normal_group.name, defective_group.name) == ("normal", "defective")
    assert normal_group.text == ("&lt;a&gt;",)
    assert (normal_group.x[0], normal_group.y[0]) == pytest.approx((0.1, 0.05), abs=1e-6)
    assert (defective_group.x[0], defective_group.y[0]) == pytest.approx((0.7, 0.4), abs=1e-6)
    lines = [(shape.x0, shape.y0) for shape in figure.layout.shapes]
    assert [at for at, _ in lines[:3]] == pytest.approx([0.4] * 3)
    assert [at for _, at in lines[3:]] == pytest.approx([0.3] * 3)
    names = [note.text for note in figure.layout.annotations]
    assert names == ["T1", "T2", "T3", "T4", "T5", "T6"]
