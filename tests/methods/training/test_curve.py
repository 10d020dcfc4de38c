"""Curves made of the notes of trainings."""

import math
from dataclasses import replace

from pydantic import TypeAdapter

from methods.training.curve import (
    POINTS,
    CurveRecorder,
    StepNote,
    TrainingCurve,
    TrainingStep,
    note_of_fold,
)


def note(step: int, loss: float, held_out: float | None = None, **given: object) -> StepNote:
    told = replace(TrainingStep(step, 4, loss, held_out), **given)
    return StepNote(f"step {step}", told)


def heard(*notes: str, earlier: tuple[TrainingCurve, ...] = ()) -> tuple[TrainingCurve, ...]:
    recorder = CurveRecorder(earlier)
    for one in notes:
        recorder.hear(one)
    return recorder.curves()


def test_steps_become_a_curve_and_other_notes_are_passed_over() -> None:
    told: list[tuple[float, str]] = []
    recorder = CurveRecorder()
    progress = recorder.recording(lambda fraction, note="": told.append((fraction, note)))
    for at, one in enumerate(["reading", note(1, 0.8), note(2, 0.6, 0.7), note(3, 0.5, 0.9)]):
        progress(at / 4, one)
    assert told == [(0, "reading"), (0.25, "step 1"), (0.5, "step 2"), (0.75, "step 3")]
    (curve,) = recorder.curves()
    assert curve.losses == ((1, 0.8), (2, 0.6), (3, 0.5))
    assert curve.held_out == ((2, 0.7), (3, 0.9))
    assert curve.best == (2, 0.7)
    assert (curve.step, curve.steps) == (3, 4)


def test_a_step_that_is_told_twice_counts_once() -> None:
    (curve,) = heard(note(1, 0.8), note(1, 0.8), note(2, 0.6, 0.5), note(2, 0.6, 0.5))
    assert curve.losses == ((1, 0.8), (2, 0.6))
    assert curve.held_out == ((2, 0.5),)


def test_each_training_has_a_curve_of_its_own() -> None:
    first, second, third = heard(
        note(1, 0.8), note(2, 0.6), note(1, 0.5), note(1, 0.4, network="denoiser")
    )
    assert [len(curve.losses) for curve in (first, second, third)] == [2, 1, 1]
    assert third.network == "denoiser"


def test_folds_that_are_trained_side_by_side_do_not_mix() -> None:
    steps = [
        note_of_fold(note(step, loss), fold, 2)
        for step, fold, loss in ((1, 1, 0.9), (1, 2, 0.8), (2, 2, 0.7), (2, 1, 0.6))
    ]
    assert steps[1] == "fold 2 of 2: step 1"
    one, two = heard(*steps)
    assert (one.fold, one.losses) == (1, ((1, 0.9), (2, 0.6)))
    assert (two.fold, two.losses) == (2, ((1, 0.8), (2, 0.7)))


def test_other_notes_name_their_fold_too() -> None:
    assert note_of_fold("choosing", 2, 3) == "fold 2 of 3: choosing"
    assert note_of_fold("", 2, 3) == "fold 2 of 3"


def test_a_long_training_has_the_means_of_steps_in_a_row() -> None:
    steps = 3 * POINTS
    (curve,) = heard(*(note(step, step, steps=steps) for step in range(1, steps)))
    assert curve.losses[:2] == ((3, 2.0), (6, 5.0))
    # The last two steps but one that was still to come.
    assert curve.losses[-1] == (steps - 1, steps - 1.5)
    assert len(curve.losses) == POINTS


def test_a_training_that_is_continued_goes_on_with_its_curve() -> None:
    before = heard(note(1, 0.8), note(2, 0.6, 0.5), note(1, 0.3, network="denoiser"))
    added = [note(step, 0.1, 0.4, steps=6, start=2) for step in (3, 4)]
    curve, untouched = heard(*added, earlier=before)
    assert curve.losses == ((1, 0.8), (2, 0.6), (3, 0.1), (4, 0.1))
    assert (curve.continued_at, curve.step, curve.steps) == ((2,), 4, 6)
    assert curve.best == (3, 0.4)
    assert untouched == before[1]
    # One whose beginning is not known begins where it was continued.
    (alone,) = heard(*added)
    assert (alone.losses, alone.continued_at) == (((3, 0.1), (4, 0.1)), (2,))


def test_losses_that_are_not_finite_are_left_out() -> None:
    (curve,) = heard(note(1, math.nan, math.inf), note(2, 0.5, 0.4))
    assert (curve.losses, curve.held_out) == (((2, 0.5),), ((2, 0.4),))


def test_a_curve_survives_json() -> None:
    (curve,) = heard(note(1, 0.1), note(2, 1 / 3, 0.7), note(3, 0.2, start=0))
    adapter = TypeAdapter(TrainingCurve)
    assert adapter.validate_json(adapter.dump_json(curve)) == curve
