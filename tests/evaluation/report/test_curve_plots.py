"""Curves as they are drawn: what is told of a point, and the axis of the false positive rate."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from evaluation.metrics.curves import Curve
from evaluation.report.curve_plots import CurveKind, RateAxis, curve_figure, seen
from evaluation.report.plots import PlottedMethod
from tests.dashboard.small import compared, small_set


@pytest.fixture(scope="module")
def methods() -> Iterator[list[PlottedMethod]]:
    """Those of a comparison, which is kept as long as its session is."""
    session = compared(small_set())
    assert session.job is not None
    yield [PlottedMethod(one, "#0072b2") for one in session.job.assessments()]
    assert session.job is not None


def line(methods: list[PlottedMethod], kind: CurveKind, axis: RateAxis = "whole") -> Any:
    """The figure of images, and the line of the first method in it."""
    figure = curve_figure(kind, "image", methods, axis=axis)
    return figure, next(one for one in figure.data if one.legendgroup == "0")


def test_a_point_tells_threshold_and_numbers_of_images(methods: list[PlottedMethod]) -> None:
    """Two of the test images are defective and two are good; the lowest threshold takes all."""
    _, roc = line(methods, "ROC")
    assert roc.customdata[0][1:].tolist() == [0, 0]
    assert roc.customdata[-1][1:].tolist() == [2, 2]
    assert "of 2 defective images" in roc.hovertemplate
    assert "of 2 normal images" in roc.hovertemplate
    _, precision = line(methods, "Precision and recall")
    assert precision.customdata[-1][1] == 2


def test_the_axis_of_the_false_positive_rate(methods: list[PlottedMethod]) -> None:
    """With two good images a logarithmic axis begins at a rate of half an image, 0.25."""
    figure, roc = line(methods, "ROC", "logarithmic")
    assert figure.layout.xaxis.type == "log"
    assert roc.x.min() == 0.25
    figure, _ = line(methods, "ROC", "low rates")
    assert figure.layout.xaxis.range[1] == pytest.approx(0.1)
    figure, _ = line(methods, "Precision and recall", "logarithmic")
    assert figure.layout.xaxis.type is None


def test_a_long_curve_looks_the_same_with_few_points() -> None:
    """y = x^0.1 with 100 001 points: interpolated in between, it is off by less than half a pixel
    of 400, on both axes."""
    x = np.concatenate([[0.0], np.geomspace(1e-7, 1, 100_000)])
    whole = Curve(x, x**0.1, np.linspace(1, 0, len(x), dtype=np.float32))
    few = seen(whole)
    assert len(few.x) <= 200
    assert (few.x[0], few.x[-1], few.thresholds[0]) == (0, 1, 1)
    again = np.interp(x, few.x, few.y)
    assert np.abs(again - whole.y)[x >= 0.01].max() < 0.5 / 400
    powers = np.interp(np.log10(x.clip(1e-5)), np.log10(few.x.clip(1e-5)), few.y)
    assert np.abs(powers - whole.y)[x >= 2e-5].max() < 0.5 / 400


def test_the_dot_of_images_lies_where_its_threshold_decides(methods: list[PlottedMethod]) -> None:
    """At the higher score of two good images, both defective ones are found with one false alarm:
    a rate of a half, and a precision of 2 of 3."""
    assessment = methods[0].assessment
    good, defective = assessment.image_scores[:2], assessment.image_scores[2:]
    assert good.max() < defective.min()
    one = [PlottedMethod(assessment, "#0072b2", float(good.max()))]
    dots = [curve_figure(kind, "image", one).data[-1] for kind in ("ROC", "Precision and recall")]
    assert [(dot.x[0], dot.y[0]) for dot in dots] == [(0.5, 1.0), (1.0, pytest.approx(2 / 3))]


def test_the_dots_of_the_methods_that_are_shown(methods: list[PlottedMethod]) -> None:
    """One trace for all where a page draws anew, one for each where a legend hides it."""
    colours = ("#0072b2", "#d55e00", "#009e73")
    three = [PlottedMethod(methods[0].assessment, colour, 0.5) for colour in colours]
    figure = curve_figure("ROC", "image", three, hidden=[1])
    assert [one.visible for one in figure.data if one.mode == "lines"][1:] == [
        *(True, "legendonly", True)
    ]
    (dots,) = (one for one in figure.data if one.mode == "markers")
    assert dots.marker.color == ("#0072b2", "#009e73")
    apart = [one for one in curve_figure("ROC", "image", three).data if one.mode == "markers"]
    assert [dot.legendgroup for dot in apart] == ["0", "1", "2"]
