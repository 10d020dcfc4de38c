"""The comparisons that a session holds: the present one and the one before."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.session.drawn import same_pixels
from dashboard.session.job import ComparisonJob
from dashboard.session.jobs import LIVE, Job
from dashboard.session.kept import KeptJob, kept_folder
from dashboard.session.unattended import UNATTENDED
from evaluation.comparison.comparison import Variant
from evaluation.comparison.storage import copy_folder
from images.dataset import DataSet


@dataclass(eq=False)
class Comparisons:
    """Jobs that are held; one that no session holds any more is abandoned."""

    _jobs: list[ComparisonJob] = field(default_factory=list)

    def __post_init__(self) -> None:
        weakref.finalize(self, _let_go, self._jobs)

    @property
    def latest(self) -> ComparisonJob | None:
        """The latest comparison, running or ended."""
        return self._jobs[-1] if self._jobs else None

    def start(self, data: DataSet, variants: Sequence[Variant]) -> ComparisonJob:
        """Begin a comparison; one that runs for nobody else is cancelled.

        What earlier comparisons found on the same pixels is taken over.
        """
        for job in self._jobs:
            if not any(holder is not self for holder in job.holders):
                job.cancel()
        earlier = [job for job in self._jobs if same_pixels(job.data, data)]
        return self._hold(Job(data, variants, earlier))

    def find(self, token: str) -> ComparisonJob:
        """Take up a comparison by its token; raises `ComparisonError` when there is none."""
        return self._hold(LIVE.get(token) or KeptJob(kept_folder(token)))

    def keep(self) -> Path:
        """Keep the present comparison for another day; returns the folder of the copy."""
        assert self.latest is not None
        folder = kept_folder(self.latest.token)
        if not folder.exists():
            copy_folder(self.latest.folder, folder)
        return folder

    def leave(self) -> None:
        """Let go of all; the latest is kept for a while, since somebody may come back for it."""
        self._drop(len(self._jobs) - 1)
        for job in self._jobs:
            job.holders.discard(self)
            if any(True for _ in job.holders):
                continue
            if job.state == "kept":
                job.abandon()
            else:
                UNATTENDED.keep(job)
        self._jobs.clear()

    def _hold(self, job: ComparisonJob) -> ComparisonJob:
        """Make a job the present one; the one before stays for what it has worked out."""
        self._drop(len(self._jobs) - 1)
        self._jobs.append(job)
        job.holders.add(self)
        UNATTENDED.take(job)
        return job

    def _drop(self, count: int) -> None:
        """Let go of the oldest comparisons."""
        dropped = self._jobs[: max(0, count)]
        del self._jobs[: len(dropped)]
        for job in dropped:
            job.holders.discard(self)
        _let_go(dropped)


def _let_go(jobs: Sequence[ComparisonJob]) -> None:
    for job in jobs:
        if not any(True for _ in job.holders):
            job.abandon()
