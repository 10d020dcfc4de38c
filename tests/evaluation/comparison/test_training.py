"""Methods that train networks: their curves, continued trainings, and how they are cancelled."""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.assessment import assess
from evaluation.comparison import runner
from evaluation.comparison.comparison import (
    RESULT_FILE,
    Comparison,
    Event,
    MethodResult,
    Variant,
)
from evaluation.comparison.method import identity
from evaluation.report.tables import method_facts
from images.colour import Image
from methods.detector import DetectorError
from methods.detectors.restoration.autoencoder import Autoencoder
from methods.progress import Cancelled, Progress
from methods.training.curve import StepNote
from tests.evaluation.synthetic import data_set

TINY = {"width": 4, "crop": 32, "batch": 2, "reduction": 1, "score": "loss"}
SHORT = Variant("autoencoder", {**TINY, "steps": 4}, label="net")
LONG = replace(SHORT, params={**TINY, "steps": 10}, stages=({"steps": 4},))


def run(*given: Any, **more: Any) -> Comparison:
    """With two folds, however long a fit takes."""
    return runner.run(*given, calibration_seconds=0.0, **more)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> MethodResult:
    return run(data_set(4), [SHORT], tmp_path_factory.mktemp("short")).results[0]


@pytest.fixture(scope="module")
def continued(short: MethodResult, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return run(data_set(4), [LONG], tmp_path_factory.mktemp("long"), known=[short])


def test_curves_of_the_fit_and_of_every_fold_are_kept(short: MethodResult) -> None:
    assert short.folds == 2
    assert [curve.fold for curve in short.training] == [None, *range(1, short.folds + 1)]
    for curve in short.training:
        assert (curve.step, curve.steps, len(curve.losses)) == (4, 4, 4)
        assert [step for step, _ in curve.held_out] == [1, 2, 3, 4]
    opened = Comparison.open(short.folder.parent.parent).results[0]
    assert opened.training == short.training
    assert short.detector().training_ == short.training[:1]


def test_a_result_of_a_version_without_curves_opens(short: MethodResult, tmp_path: Path) -> None:
    comparison = run(data_set(4), [SHORT], tmp_path, known=[short])
    path = comparison.results[0].folder / RESULT_FILE
    facts = json.loads(path.read_text())
    assert facts.pop("training")
    assert facts["variant"].pop("stages") == []
    path.write_text(json.dumps(facts))
    (opened,) = Comparison.open(tmp_path).results
    assert opened.training == ()
    assert opened.variant == SHORT


def test_notes_say_which_fold_is_trained(tmp_path: Path) -> None:
    notes: list[str] = []
    result = run(
        data_set(4), [SHORT], tmp_path, on_event=lambda event: notes.append(event.note)
    ).results[0]
    steps = [note for note in notes if isinstance(note, StepNote)]
    assert steps[0].startswith("step 1 of 4, loss ")
    for fold in range(1, result.folds + 1):
        assert any(note.startswith(f"fold {fold} of {result.folds}: step 4 of 4") for note in steps)


def test_a_continued_training_starts_from_the_earlier_model_and_scores_as_without_it(
    short: MethodResult, continued: Comparison, tmp_path: Path
) -> None:
    """Without the earlier result both stages are trained, with the same weights."""
    alone = run(data_set(4), [LONG], tmp_path).results[0]
    result = continued.results[0]
    assert result.folds == alone.folds
    for one, other in zip(
        [*result.maps, *result.normal_maps], [*alone.maps, *alone.normal_maps], strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert result.training == alone.training
    assert result.fit_seconds > short.fit_seconds
    first_of_fit = result.training[0].losses[:4]
    assert first_of_fit == short.training[0].losses
    assert [curve.continued_at for curve in result.training] == [(4,)] * (1 + result.folds)
    assert all(4 < curve.step <= 10 for curve in result.training)


def test_only_the_fit_on_all_images_starts_from_the_earlier_model(
    short: MethodResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fold trains both stages itself, on the images that it does not hold out."""
    fits: list[tuple[int, str, str]] = []
    fit = Autoencoder._fit

    def watched(self: Autoencoder, images: Sequence[Image], progress: Progress) -> None:
        before = "" if self._earlier is None else self._earlier.images_
        fits.append((self.params.steps, self.images_, before))
        fit(self, images, progress)

    monkeypatch.setattr(Autoencoder, "_fit", watched)
    result = run(data_set(4), [LONG], tmp_path, known=[short]).results[0]
    whole = short.detector().images_
    assert fits[0] == (10, whole, whole)
    assert len(fits) == 1 + 2 * result.folds
    assert len({images for _, images, _ in fits}) == 1 + result.folds
    for steps, images, before in fits[1:]:
        assert images != whole
        assert before == ("" if steps == 4 else images)


def test_a_result_says_that_it_was_continued(continued: Comparison) -> None:
    (result,) = Comparison.open(continued.folder).results
    assert result.variant == LONG
    assert result.variant.continued == "continued after steps = 4"
    facts: dict[str, Any] = json.loads(json.dumps(method_facts(assess(continued, result))))
    assert facts["params"]["steps"] == 10
    assert facts["stages"] == [{"steps": 4}]
    (training,) = facts["training"]
    assert training["continued_at"] == [4]
    assert training["steps"] == result.training[0].step


def test_stages_tell_variants_apart() -> None:
    direct = replace(LONG, stages=())
    assert len({identity(variant) for variant in (SHORT, LONG, direct)}) == 3
    assert LONG.earlier == SHORT
    assert direct.earlier is None


def test_wrong_stages_are_refused_before_anything_runs(tmp_path: Path) -> None:
    for stages, sentence in (
        (({"steps": 10},), "has no step to add"),
        (({"steps": 12},), "expected at least the 12"),
        (({"width": 8},), "width is 4 and was 8"),
    ):
        with pytest.raises(DetectorError, match=sentence):
            run(data_set(4), [replace(LONG, stages=stages)], tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_long_warm_up_does_not_keep_a_person_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(self: Autoencoder) -> None:
        begun.set()
        assert go_on.wait(60)

    monkeypatch.setattr(Autoencoder, "warm_up", slow)
    cancelled_at: list[float] = []

    def cancel(event: Event) -> None:
        if begun.is_set():
            cancelled_at.append(time.monotonic())
            raise Cancelled

    with pytest.raises(Cancelled):
        run(data_set(3), [SHORT], tmp_path, on_event=cancel)
    assert time.monotonic() - cancelled_at[0] < 5
    assert not go_on.is_set()
    go_on.set()


def test_a_warm_up_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Autoencoder) -> None:
        raise DetectorError("The network is missing.")

    monkeypatch.setattr(Autoencoder, "warm_up", fail)
    (failure,) = run(data_set(3), [SHORT], tmp_path).failures
    assert failure.reason == "The network is missing."
