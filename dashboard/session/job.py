"""What pages and sessions need of a comparison, whether it runs, has ended or was kept."""

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from dashboard.session.memory import MODELS
from dashboard.session.progress import JobState, MethodProgress
from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison, Variant
from images.dataset import DataSet


class ComparisonJob(Protocol):
    """A comparison that runs in the background, or one of an earlier day."""

    @property
    def token(self) -> str:
        """The name by which its address finds it again."""

    @property
    def folder(self) -> Path:
        """Where it is stored."""

    @property
    def data(self) -> DataSet:
        """The images that it was given."""

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The methods, in the order in which they were chosen."""

    @property
    def state(self) -> JobState:
        """Whether it waits, runs or how it ended."""

    @property
    def failure(self) -> str:
        """Why nothing could run, in a sentence."""

    @property
    def seconds(self) -> float:
        """How long the comparison took, waiting excluded."""

    @property
    def cancelled(self) -> bool:
        """Whether a person has stopped it."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""

    @property
    def ahead(self) -> int:
        """How many comparisons must end before this one begins."""

    @property
    def reused(self) -> int:
        """How many methods were taken over from an earlier run."""

    @property
    def holders(self) -> weakref.WeakSet[object]:
        """The sessions that look at it."""

    def assessments(self) -> tuple[Assessment, ...]:
        """The methods that have finished, judged, in the order in which they were chosen."""

    def comparison(self) -> Comparison | None:
        """The comparison as far as it has come; None before its images were read."""

    def progress(self) -> list[MethodProgress]:
        """How far every method is; empty when nothing runs any more."""

    @property
    def seconds_left(self) -> tuple[float, float] | None:
        """From how many to how many until the last method is done; None where nothing can be
        said."""

    def wait(self, seconds: float) -> bool:
        """Wait until nothing more will come; returns whether that was so in time."""

    def cancel(self) -> None:
        """Stop as soon as the running method reports progress; finished methods are kept."""

    def abandon(self) -> None:
        """Give back memory and disk, since nobody looks at it any more."""

    def lend(self) -> None:
        """Keep the folder, even when abandoned, until `give_back` is called as often."""

    def give_back(self) -> None:
        """One comparison fewer needs what this one found."""


def forget_models(assessments: Sequence[Assessment]) -> None:
    """Let go of the fitted detectors of these methods."""
    for assessment in assessments:
        MODELS.forget(assessment.result.folder)
