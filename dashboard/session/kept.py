"""Comparisons that are kept in a folder, for longer than the server runs."""

import re
import weakref
from pathlib import Path

from dashboard.session.job import forget_models
from dashboard.session.progress import JobState, MethodProgress
from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.storage import ComparisonError
from evaluation.kept_assessment import kept_assessment

KEPT = Path("results")
"""Where comparisons are kept that shall outlive the server."""


class KeptJob:
    """A comparison that was kept in a folder, opened again; it answers like an ended job."""

    state: JobState = "kept"
    failure = ""
    seconds = 0.0
    cancelled = False
    ended = True
    seconds_left = None
    ahead = 0
    reused = 0

    def __init__(self, folder: Path) -> None:
        self.token = folder.name
        self.folder = folder
        self.holders: weakref.WeakSet[object] = weakref.WeakSet()
        self._comparison = Comparison.open(folder)
        self._assessments = tuple(
            kept_assessment(self._comparison, result) for result in self._comparison.results
        )
        self.data = self._comparison.data
        failed = [failure.variant for failure in self._comparison.failures]
        self.variants = (*(result.variant for result in self._comparison.results), *failed)

    def assessments(self) -> tuple[Assessment, ...]:
        """The methods, judged."""
        return self._assessments

    def comparison(self) -> Comparison:
        """The comparison."""
        return self._comparison

    def progress(self) -> list[MethodProgress]:
        """Nothing runs any more."""
        return []

    def wait(self, seconds: float) -> bool:
        """Nothing runs any more."""
        return True

    def cancel(self) -> None:
        """Nothing runs any more."""

    def abandon(self) -> None:
        """Give back memory; what was kept on disk stays."""
        forget_models(self._assessments)

    def lend(self) -> None:
        """What was kept stays."""

    def give_back(self) -> None:
        """What was kept stays."""


def kept_folder(token: str) -> Path:
    """Where a comparison with this token is kept. Raises `ComparisonError` for no token at all."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,64}", token):
        raise ComparisonError("The link does not name a comparison.")
    return KEPT / token
