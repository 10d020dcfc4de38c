"""What a training tells of its loss, step by step, and the curve that comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Self

from methods.progress import Progress

POINTS = 200
"""About how many points a curve has; each is the mean loss of as many steps in a row."""

Points = tuple[tuple[int, float], ...]
"""Steps, counted from 1, and the loss at each."""


@dataclass(frozen=True)
class TrainingStep:
    """One step of the training of a network."""

    step: int
    """Counted from 1, over all trainings of the network that were continued."""
    steps: int
    """The last step, unless the training stops early."""
    loss: float
    """Of the batch of this step."""
    held_out: float | None = None
    """Loss on held-out crops, where this step ends with a check."""
    network: str = ""
    """Which network, where a detector trains several kinds."""
    start: int = 0
    """Steps of the trainings that this one continues."""
    fold: int | None = None
    """Number, from 1, of the fold that is fitted; None for the fit on all normal images."""


class StepNote(str):
    """A note of a training, with its numbers."""

    step: TrainingStep

    def __new__(cls, text: str, step: TrainingStep) -> Self:
        note = super().__new__(cls, text)
        note.step = step
        return note


def note_of_fold(note: str, fold: int, folds: int) -> str:
    """A note that also says which fold is fitted; folds are counted from 1."""
    text = f"fold {fold} of {folds}" + (f": {note}" if note else "")
    return StepNote(text, replace(note.step, fold=fold)) if isinstance(note, StepNote) else text


@dataclass(frozen=True)
class TrainingCurve:
    """How the loss of one network fell."""

    losses: Points
    """Means over steps in a row, each at the last of them."""
    held_out: Points
    """Loss on held-out crops at each check."""
    step: int
    """Steps that were done, those before a continuation included."""
    steps: int
    """Steps that were asked for; fewer are done when training stops early."""
    network: str = ""
    fold: int | None = None
    continued_at: tuple[int, ...] = ()
    """Steps after which the training was continued with a new learning rate."""

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and held-out loss of the weights that are kept; None before the first check."""
        return min(self.held_out, key=lambda point: point[1], default=None)


class CurveRecorder:
    """Makes curves of the notes of trainings, also of several folds at the same time.

    A training that continues one of `earlier` goes on with its curve. Losses that are not finite
    are left out.
    """

    def __init__(self, earlier: Sequence[TrainingCurve] = ()) -> None:
        self._growing = [_Growing(curve) for curve in earlier]
        self._current: dict[int | None, _Growing] = {}
        self._latest: dict[int | None, TrainingStep] = {}
        self._told: TrainingStep | None = None

    def recording(self, progress: Progress) -> Progress:
        """Progress whose notes are heard here and passed on."""

        def heard(fraction: float, note: str = "") -> None:
            self.hear(note)
            progress(fraction, note)

        return heard

    def hear(self, note: str) -> None:
        """Take note of a step, the first time that it is told."""
        if not isinstance(note, StepNote) or note.step == self._latest.get(note.step.fold):
            return
        step = note.step
        current = self._current.get(step.fold)
        if current is None or not current.goes_on(step):
            current = self._begin(step)
        self._current[step.fold], self._latest[step.fold] = current, step
        self._told = step
        current.add(step)

    def curves(self) -> tuple[TrainingCurve, ...]:
        """The curves so far: of the fit on all images, then of each fold, as trainings began."""
        curves = [growing.curve() for growing in self._growing]
        return tuple(sorted(curves, key=lambda curve: curve.fold or 0))

    def latest(self) -> tuple[TrainingCurve, ...]:
        """The curve of the network that was told of last; in folds, that of each fold so far."""
        if self._told is None:
            return ()
        whole, network = self._told.fold is None, self._told.network
        curves = [growing.curve() for growing in self._current.values()]
        return tuple(
            curve for curve in curves if (curve.fold is None) == whole and curve.network == network
        )

    def _begin(self, step: TrainingStep) -> "_Growing":
        for growing in self._growing:
            if step.start and growing.is_continued_by(step):
                growing.continue_with(step)
                return growing
        begun = _Growing(TrainingCurve((), (), step.start, step.steps, step.network, step.fold))
        if step.start:
            begun.continue_with(step)
        self._growing.append(begun)
        return begun


class _Growing:
    """A curve to which steps are added."""

    def __init__(self, curve: TrainingCurve) -> None:
        self._curve = curve
        self._start = 0
        self._losses = list(curve.losses)
        self._held_out = list(curve.held_out)
        self._block: list[float] = []

    def goes_on(self, step: TrainingStep) -> bool:
        """Whether this is the next step of the same training."""
        mine = self._curve
        return (mine.network, mine.steps, self._start) == (
            step.network,
            step.steps,
            step.start,
        ) and step.step > mine.step

    def is_continued_by(self, step: TrainingStep) -> bool:
        """Whether the step is the first after all of this curve."""
        mine = self._curve
        return (mine.network, mine.fold, mine.step) == (step.network, step.fold, step.start)

    def continue_with(self, step: TrainingStep) -> None:
        """Go on with a training that continues."""
        self._end_block()
        self._start = step.start
        self._curve = replace(
            self._curve,
            steps=step.steps,
            continued_at=(*self._curve.continued_at, step.start),
        )

    def add(self, step: TrainingStep) -> None:
        """Take in the next step."""
        self._curve = replace(self._curve, step=step.step)
        if isfinite(step.loss):
            self._block.append(step.loss)
        if (step.step - step.start) % -(-(step.steps - step.start) // POINTS) == 0:
            self._end_block()
        if step.held_out is not None and isfinite(step.held_out):
            self._held_out.append((step.step, step.held_out))

    def curve(self) -> TrainingCurve:
        """The curve so far."""
        losses = [*self._losses, *self._mean_of_block()]
        return replace(self._curve, losses=tuple(losses), held_out=tuple(self._held_out))

    def _end_block(self) -> None:
        self._losses += self._mean_of_block()
        self._block = []

    def _mean_of_block(self) -> Points:
        if not self._block:
            return ()
        return ((self._curve.step, sum(self._block) / len(self._block)),)
