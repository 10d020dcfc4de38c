"""What a person is told of an error: a sentence of ours, or that the program has a fault."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dashboard.errors import guarded
from dashboard.session.job_queue import JobQueue
from dashboard.session.jobs import Job
from evaluation.command import main
from evaluation.comparison.comparison import Variant
from evaluation.comparison.runner import run
from images.errors import AnomalyError, ImageError, explained
from methods.detectors.patch_models.pca_residual import PcaResidual
from tests.dashboard.small import QUICK, page, quick_session, small_set, texts

PACKAGES = ("images", "methods", "evaluation", "dashboard")
EXTRAS = ("open_clip",)
"""Packages of extras, which need not be there."""
SCRIPT = "evaluation.onnx_export.example"
"""Is written beside an exported model and runs when it is imported."""
ROOT = Path(__file__).parents[1]
VARIANTS = [Variant("pca-residual", QUICK, label="one")]


def error_classes() -> set[type[BaseException]]:
    """The public ones; others never leave their module."""
    found: set[type[BaseException]] = set()
    for package in PACKAGES:
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if module.name == SCRIPT:
                continue
            try:
                values = vars(importlib.import_module(module.name)).values()
            except ModuleNotFoundError as error:
                if error.name not in EXTRAS:
                    raise
                continue
            found |= {
                value
                for value in values
                if isinstance(value, type) and issubclass(value, Exception)
            }
    return {
        each
        for each in found
        if each.__module__.partition(".")[0] in PACKAGES and not each.__name__.startswith("_")
    }


def test_every_error_of_ours_has_one_base() -> None:
    classes = error_classes() - {importlib.import_module("methods.progress").Cancelled}
    assert {each.__name__ for each in classes} >= {
        "AnomalyError", "ArgumentError", "ComparisonError", "DetectorError", "ImageError",
        "ParameterError", "ScoreError", "Undefined", "WriteError",
    }  # fmt: skip
    for each in classes:
        assert issubclass(each, AnomalyError), each
        assert not issubclass(each, ValueError | OSError), each


def faulty(*arguments: object, **more: object) -> None:
    np.zeros(3).reshape(2, 2)


NUMPY = "cannot reshape"


@pytest.mark.parametrize("error", [ValueError("operands"), OSError(5, "Input"), KeyError("x")])
def test_what_is_not_ours_is_logged_and_told_as_a_fault(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    assert explained(error) == (
        f"It stopped because of an internal error ({type(error).__name__}). See the log for "
        "details."
    )
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[1] is error


def test_what_is_ours_is_told_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    assert explained(ImageError("a.png", "is empty")) == "a.png is empty."
    assert explained(MemoryError()) == "This machine does not have enough memory."
    assert not caplog.records


def test_numpys_text_is_no_reason_of_a_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(PcaResidual, "_fit", faulty)
    (failure,) = run(small_set(), VARIANTS, tmp_path).failures
    assert failure.reason == (
        "It stopped because of an internal error (ValueError). See the log for details."
    )
    assert NUMPY in caplog.text


def test_numpys_text_is_no_reason_of_a_comparison(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("dashboard.session.jobs.run", faulty)
    job = Job(small_set(), VARIANTS, queue=JobQueue(1))
    assert job.wait(20)
    assert job.failure == (
        "The comparison stopped because of an internal error. See the server log for details."
    )
    assert NUMPY in caplog.text


def test_numpys_text_is_on_no_page(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def draw() -> None:
        from dashboard.errors import guarded
        from dashboard.pages import compare as compare_page

        guarded(compare_page.show)()

    monkeypatch.setattr("dashboard.pages.compare.session", faulty)
    told = texts(page(draw, quick_session(small_set())))
    assert "because of an internal error" in told
    assert NUMPY not in told
    assert NUMPY in caplog.text


def test_an_error_of_ours_is_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    monkeypatch.setattr("streamlit.error", said.append)

    @guarded
    def draw() -> None:
        raise ImageError("a*b.png", "is empty")

    draw()
    assert said == [r"a\*b\.png is empty\."]


def test_numpys_text_is_not_printed_as_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("evaluation.command.problem", faulty)
    assert main(["--samples", "brick"]) == 1
    told = capsys.readouterr()
    assert told.err.endswith(
        "It stopped because of an internal error (ValueError). See the log for details.\n"
    )
    assert told.out == ""


def test_a_reader_of_the_output_that_goes_away_is_no_fault() -> None:
    command = f"{sys.executable} -m evaluation --list | true"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "fault of the program" not in done.stderr
    assert "Traceback" not in done.stderr
