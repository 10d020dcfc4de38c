"""How far a comparison and its methods are, as values and in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from evaluation.comparison.comparison import Phase
from evaluation.comparison.tuned import duration
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
    """An estimate while the method runs; None where nothing can be said."""
    reason: str = ""
    """Why it failed."""
    note: str = ""
    """What is worth seeing meanwhile, such as the loss, the fold or the image."""
    training: tuple[TrainingCurve, ...] = ()
    """The curves of the network that is trained now: one, or one of each fold."""


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
    if progress.state == "scoring" and progress.note:
        text = f"scoring {progress.note}"
    elif progress.note:
        text += f" ({progress.note})"
    if progress.seconds_left is not None:
        text += f", about {duration(progress.seconds_left)} left"
    return text
