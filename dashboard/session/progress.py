"""How far a comparison and its methods are, as values and in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from evaluation.comparison.comparison import Phase
from methods.training.curve import TrainingCurve

JobState = Literal["waiting", "running", "finished", "cancelled", "failed", "kept"]
MethodState = Literal[
    "waiting", "learning", "calibrating", "scoring", "judging", "done", "failed", "reused"
]

STATE_OF_PHASE: Mapping[Phase, MethodState] = {
    "fit": "learning",
    "calibrate": "calibrating",
    "score": "scoring",
    "done": "judging",
}


@dataclass(frozen=True)
class MethodProgress:
    """How far one method is."""

    label: str
    state: MethodState
    fraction: float
    seconds_left: float | None = None
    """An estimate while the method runs; None while nothing can be said."""
    reason: str = ""
    """Why it failed."""
    note: str = ""
    """What is worth seeing while it learns, such as its loss."""
    training: tuple[TrainingCurve, ...] = ()
    """The curves of the network that is trained now: one, or one of each fold."""


def in_words(seconds: float) -> str:
    """A time for a person: ``"40 s"``, ``"3 min"``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def state_in_words(progress: MethodProgress) -> str:
    """What a method is doing."""
    words: Mapping[MethodState, str] = {
        "waiting": "waits",
        "learning": "training on normal images",
        "calibrating": "calibrating on held-out normal images",
        "scoring": "scoring test images",
        "judging": "computing metrics",
        "done": "done",
        "failed": f"failed: {progress.reason}",
        "reused": "reused from your earlier run, nothing had changed",
    }
    text = words[progress.state]
    if progress.note:
        text += f" ({progress.note})"
    if progress.seconds_left is not None:
        text += f", {in_words(progress.seconds_left)} left"
    return text
