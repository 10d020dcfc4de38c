"""The search for better parameters in the background, in turn with the comparisons."""

import logging
import shutil
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dashboard.session.job_queue import JobQueue
from dashboard.session.jobs import QUEUE
from dashboard.session.progress import JobState
from dashboard.session.queued_job import QueuedJob
from evaluation.comparison.comparison import Variant
from evaluation.comparison.temporary import new_folder
from evaluation.tuning.result import Budget, MethodTuning
from evaluation.tuning.search import TuningEvent
from evaluation.tuning.tuning import TuningPlan, tune
from images.dataset import DataSet, Picture
from images.errors import AnomalyError, explained
from methods.progress import Cancelled


class TuningFolder:
    """A folder with the trials of a search; it goes with the last job that holds it."""

    def __init__(self) -> None:
        self.path: Path = new_folder()
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class TuningJob(QueuedJob):
    """One search of several methods in a thread of its own.

    With an `earlier` one of the same images and settings, its trials are taken up and go on.
    """

    def __init__(
        self,
        data: DataSet,
        variants: Sequence[Variant],
        plan: TuningPlan,
        aside: Sequence[Picture] = (),
        earlier: "TuningJob | None" = None,
        queue: JobQueue = QUEUE,
    ) -> None:
        super().__init__(queue, "tuning")
        self.data = data
        self.variants = tuple(variants)
        self.plan = plan
        self.aside = tuple(aside)
        goes_on = earlier is not None and self.continues(earlier)
        self.folder: TuningFolder = (
            earlier.folder if earlier is not None and goes_on else TuningFolder()
        )
        self.seconds = 0.0
        self._lock = threading.Lock()
        self._found: dict[str, MethodTuning] = {}
        self._fractions: dict[str, float] = {}
        self._notes: dict[str, str] = {}
        self._begin()

    def continues(self, earlier: "TuningJob") -> bool:
        """Whether the trials of an earlier search may be taken up."""
        same_plan = replace(earlier.plan, budget=Budget()) == replace(self.plan, budget=Budget())
        return (
            earlier.ended
            and same_plan
            and earlier.data is self.data
            and [one.name for one in earlier.aside] == [one.name for one in self.aside]
            and all(one in earlier.variants for one in self.variants)
        )

    def found(self) -> tuple[MethodTuning, ...]:
        """What was found of each method so far, in their order."""
        with self._lock:
            return tuple(self._found.get(one.label, MethodTuning(one)) for one in self.variants)

    def fraction(self, label: str) -> float:
        """How far the search of a method is."""
        with self._lock:
            return self._fractions.get(label, 0.0)

    def note(self, label: str) -> str:
        """What is worth seeing while a trial runs, such as its loss."""
        with self._lock:
            return self._notes.get(label, "")

    def _work(self) -> None:
        self._queue.wait(self)
        begin = time.monotonic()
        try:
            if self.cancelled:
                raise Cancelled
            self.state = "running"
            tune(
                self.data,
                self.variants,
                self.folder.path,
                self.plan,
                aside=self.aside,
                on_event=self._on_event,
                on_result=self._on_result,
            )
            state: JobState = "finished"
        except Cancelled:
            state = "cancelled"
        except (AnomalyError, MemoryError) as error:
            self.failure, state = explained(error), "failed"
        except Exception:
            logging.getLogger(__name__).exception("A search stopped because of an internal error.")
            self.failure = (
                "The search stopped because of an internal error. See the server log for details."
            )
            state = "failed"
        finally:
            self._queue.leave(self)
        self.seconds = time.monotonic() - begin
        self.state = state

    def _on_event(self, event: TuningEvent) -> None:
        with self._lock:
            self._found[event.label] = event.found
            self._fractions[event.label] = event.fraction
            self._notes[event.label] = event.note
        if self.cancelled:
            raise Cancelled

    def _on_result(self, found: MethodTuning) -> None:
        with self._lock:
            self._found[found.variant.label] = found
            self._fractions[found.variant.label] = 1.0
