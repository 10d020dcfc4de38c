"""The same two thresholds stand on every page and in every file, each for its own level."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image as Pillow

from dashboard.components.results.shown_methods import (
    ShownMethod,
    ThresholdChoice,
    bundle_for,
    shown_methods,
)
from dashboard.pages import share
from dashboard.session.state import Session
from evaluation.comparison.comparison import Comparison
from evaluation.decisions.masks import NO_PROCESSING
from evaluation.decisions.thresholds import LEVELS, manual
from evaluation.report.html import ReportChoice, html_report
from tests.dashboard.small import compared, components, page, small_set


def compare() -> None:
    from dashboard.pages import compare

    compare.show()


def inspect() -> None:
    from dashboard.pages import inspect

    inspect.show()


def present() -> None:
    from dashboard.pages import present

    present.show()


def apply() -> None:
    from dashboard.pages import apply

    apply.show()


RULE, RATE = "normal-quantile", 0.3
SET = {"threshold.rate": 100 * RATE}


@pytest.fixture(scope="module")
def finished() -> Session:
    return compared(small_set())


@pytest.fixture(params=["rule", "image moved", "pixel moved"])
def session(finished: Session, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session whose first method has both thresholds by the rule, or one that was moved."""
    finished.view.thresholds.clear()
    if request.param != "rule":
        level = "image" if request.param == "image moved" else "pixel"
        finished.view.choose("PCA", level, manual(0.4321))
    yield finished
    finished.view.thresholds.clear()


@pytest.fixture
def expected(session: Session) -> tuple[float, float]:
    """Of pixels and of images."""
    assert session.job is not None
    assessment = session.job.assessments()[0]
    moved = {level: one.value for level, one in session.view.thresholds.get("PCA", {}).items()}
    pixel, image = (
        moved.get(level) or assessment.threshold(RULE, level, false_positive_rate=RATE).value
        for level in ("pixel", "image")
    )
    assert pixel != image
    return pixel, image


@pytest.mark.parametrize("show", [compare, inspect, present])
def test_in_pictures(
    session: Session, expected: tuple[float, float], show: Callable[[], None]
) -> None:
    """And what a picture is said to mark is what reaches the threshold of pixels."""
    assert session.job is not None
    drawn = [one for one in components(page(show, session, SET)) if one.get("methods")]
    layer, row = drawn[-1]["methods"][0], drawn[-1]["rows"][0]
    assert (layer["threshold"], layer["image_threshold"]) == expected
    assessment = session.job.assessments()[0]
    index, truth = row["index"], assessment.truths[row["index"]]
    reached = assessment.result.maps[index] >= expected[0]
    assert truth.mask is not None
    assert row["marked"][0] == [pytest.approx(reached[truth.mask].mean()), True]


def the_method(session: Session) -> tuple[Comparison, ShownMethod, ThresholdChoice]:
    assert session.job is not None
    comparison, choice = session.job.comparison(), ThresholdChoice(RULE, RATE)
    assert comparison is not None
    return comparison, shown_methods(session, session.job, choice)[0], choice


def test_in_exported_files(
    session: Session, expected: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison, method, choice = the_method(session)
    facts = bundle_for(comparison, method, choice, NO_PROCESSING).facts
    assert (facts.pixel_threshold.value, facts.image_threshold.value) == expected
    given = []
    monkeypatch.setattr(
        share,
        "onnx_archive",
        lambda _, assessment, of: given.extend(of(assessment, level).value for level in LEVELS),
    )
    share._onnx(comparison, method)
    assert tuple(given) == expected


def test_in_the_report_and_the_archive(session: Session, expected: tuple[float, float]) -> None:
    comparison, method, _ = the_method(session)
    assert session.job is not None
    thresholds = {"PCA": method.thresholds}
    first = session.job.assessments()[:1]
    report = html_report(comparison, first, ReportChoice(thresholds, [0]))
    rows = re.findall(r"<td>(pixel|image)s</td><td[^>]*>([^<]+)</td>", report)
    assert rows[:2] == [("pixel", f"{expected[0]:.5g}"), ("image", f"{expected[1]:.5g}")]
    found = int((first[0].image_scores[2:] >= expected[1]).sum())
    assert f"finds {found} of 2 defective images" in report
    buffer = io.BytesIO()
    share.write_export(comparison, first, buffer, thresholds=thresholds)
    with zipfile.ZipFile(buffer) as archive:
        assert f"finds {found} of 2 defective images" in archive.read("report.html").decode()
        (name,) = (each for each in archive.namelist() if re.match("masks/.*/0002-c.png", each))
        mask = Pillow.open(archive.open(name))
    assert np.array_equal(np.asarray(mask) > 0, first[0].result.maps[2] >= expected[0])


def test_on_new_images(session: Session, expected: tuple[float, float]) -> None:
    page(apply, session, SET)
    assert session.applied.bundle is not None
    facts = session.applied.bundle.facts
    assert (facts.pixel_threshold.value, facts.image_threshold.value) == expected
