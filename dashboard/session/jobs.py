"""Comparisons that run in the background, in turn, and can be looked at and stopped meanwhile."""

import logging
import os
import secrets
import shutil
import threading
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from dashboard.session.job import ComparisonJob, forget_models
from dashboard.session.job_queue import JobQueue
from dashboard.session.processes import WORKERS
from dashboard.session.progress import STATE_OF_PHASE, JobState, MethodProgress
from dashboard.session.queued_job import QueuedJob
from evaluation.assessment import Assessment
from evaluation.comparison.comparison import (
    Comparison,
    Event,
    Failure,
    MethodResult,
    Variant,
)
from evaluation.comparison.costs import return_memory
from evaluation.comparison.expected import forecasts
from evaluation.comparison.outlook import Outlook
from evaluation.comparison.runner import run
from evaluation.comparison.temporary import new_folder
from evaluation.kept_assessment import assess_and_keep
from images.dataset import DataSet
from images.errors import AnomalyError, explained
from methods.progress import Cancelled
from methods.training.curve import CurveRecorder

AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
"""Comparisons that run at one time; further ones wait in the order in which they came."""

QUEUE = JobQueue(AT_ONCE)
LIVE: "weakref.WeakValueDictionary[str, Job]" = weakref.WeakValueDictionary()
"""Comparisons that some session still holds, by their tokens."""


class Job(QueuedJob):
    """One comparison in a thread of its own, in a folder that goes when it is abandoned.

    What the comparisons in `earlier` found for the same method, parameters and seed is taken over;
    they must be of the same data set. Their folders stay until this comparison has ended.
    """

    def __init__(
        self,
        data: DataSet,
        variants: Sequence[Variant],
        earlier: Sequence[ComparisonJob] = (),
        queue: JobQueue = QUEUE,
    ) -> None:
        super().__init__(queue, "comparison")
        self.data = data
        self.variants = tuple(variants)
        self.token = secrets.token_urlsafe(12)
        """The name by which its address finds it again."""
        self.folder = new_folder()
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.seconds = 0.0
        """How long the comparison took, waiting excluded."""
        self._abandoned = False
        self._lock = threading.Lock()
        self._borrowers = 0
        """Comparisons that have yet to take over what this one found."""
        self._earlier = tuple(earlier)
        for job in self._earlier:
            job.lend()
        found = [
            (one.result, _checked(one.result.variant))
            for job in earlier
            for one in job.assessments()
        ]
        self._known = tuple(result for result, checked in found if checked is not None)
        known = [checked for _, checked in found if checked is not None]
        self._reused = {item.label for item in variants if _checked(item) in known}
        self._begun: Comparison | None = None
        self._outlook: Outlook | None = None
        self._events: dict[str, Event] = {}
        self._recorders: dict[str, CurveRecorder] = {}
        self._failures: dict[str, Failure] = {}
        self._assessments: dict[str, Assessment] = {}
        self.holders: weakref.WeakSet[object] = weakref.WeakSet()
        """The sessions that look at it."""
        LIVE[self.token] = self
        self._begin()

    @property
    def reused(self) -> int:
        """How many methods were taken over from an earlier run."""
        return len(self._reused)

    def abandon(self) -> None:
        """Stop, and give back memory and disk, since nobody looks at it any more."""
        self._abandoned = True
        LIVE.pop(self.token, None)
        self.cancel()
        forget_models(self.assessments())
        self._release_unless_needed()

    def lend(self) -> None:
        """Keep the folder, even when abandoned, until `give_back` is called as often."""
        with self._lock:
            self._borrowers += 1

    def give_back(self) -> None:
        """One comparison fewer needs what this one found."""
        with self._lock:
            self._borrowers -= 1
        self._release_unless_needed()

    def _release_unless_needed(self) -> None:
        with self._lock:
            if not self._abandoned or not self.ended or self._borrowers:
                return
            self._assessments.clear()
        self._remove_folder()
        return_memory()

    def assessments(self) -> tuple[Assessment, ...]:
        """The methods that have finished, judged, in the order in which they were chosen."""
        with self._lock:
            done = dict(self._assessments)
        return tuple(done[item.label] for item in self.variants if item.label in done)

    def comparison(self) -> Comparison | None:
        """The comparison as far as it has come; None before its images were read."""
        with self._lock:
            if self._begun is None:
                return None
            results = {label: assessment.result for label, assessment in self._assessments.items()}
            failures = tuple(self._failures.values())
        ordered = [results[item.label] for item in self.variants if item.label in results]
        return replace(self._begun, results=tuple(ordered), failures=failures)

    def progress(self) -> list[MethodProgress]:
        """How far every method is."""
        return [self._progress_of(variant.label) for variant in self.variants]

    @property
    def seconds_left(self) -> tuple[float, float] | None:
        """From how many to how many until the last method is done; None before the images were
        read."""
        with self._lock:
            return None if self._outlook is None else self._outlook.range

    def _progress_of(self, label: str) -> MethodProgress:
        with self._lock:
            if label in self._failures:
                return MethodProgress(label, "failed", 1.0, reason=self._failures[label].reason)
            if label in self._assessments:
                reused = label in self._reused
                return MethodProgress(label, "reused" if reused else "done", 1.0)
            event = self._events.get(label)
            if event is None:
                return MethodProgress(label, "waiting", 0.0)
            if event.phase == "done":
                return MethodProgress(label, "judging", 1.0)
            state = STATE_OF_PHASE[event.phase]
            learning = event.phase in ("fit", "calibrate")
            training = self._recorders[label].latest() if learning else ()
            return MethodProgress(
                label, state, event.fraction, event.seconds_left, "", event.note, training
            )

    def _work(self) -> None:
        self._queue.wait(self)
        begin = time.monotonic()
        try:
            if self.cancelled:
                raise Cancelled
            self.state = "running"
            with WORKERS.lend() as executor:
                run(
                    self.data,
                    self.variants,
                    self.folder,
                    known=self._known,
                    executor=executor,
                    on_begin=self._on_begin,
                    on_event=self._on_event,
                    on_result=self._on_result,
                )
            self._end("finished", begin)
        except Cancelled:
            self._end("cancelled", begin)
        except (AnomalyError, MemoryError) as error:
            self.failure = explained(error)
            self._end("failed", begin)
        except Exception:
            logging.getLogger(__name__).exception(
                "A comparison stopped because of an internal error."
            )
            self.failure = (
                "The comparison stopped because of an internal error. See the server log for "
                "details."
            )
            self._end("failed", begin)
        finally:
            self._queue.leave(self)
            for job in self._earlier:
                job.give_back()
            self._earlier, self._known = (), ()
            self._release_unless_needed()

    def _end(self, state: JobState, begin: float) -> None:
        self.seconds = time.monotonic() - begin
        self.state = state

    def _on_begin(self, comparison: Comparison) -> None:
        outlook = Outlook(
            forecasts(
                comparison.data,
                [one for one in self.variants if one.label not in self._reused],
                independent=len(set(comparison.plan.groups)),
            )
        )
        with self._lock:
            self._begun, self._outlook = comparison, outlook

    def _on_event(self, event: Event) -> None:
        if self.cancelled:
            raise Cancelled
        with self._lock:
            self._events[event.label] = event
            if self._outlook is not None:
                self._outlook.hear(event)
            self._recorders.setdefault(event.label, CurveRecorder()).hear(event.note)

    def _on_result(self, result: MethodResult | Failure) -> None:
        judged = result if isinstance(result, Failure) else self._judge(result)
        with self._lock:
            if isinstance(judged, Failure):
                self._failures[judged.variant.label] = judged
            else:
                self._assessments[result.variant.label] = judged
            if self._outlook is not None:
                self._outlook.end(result.variant.label)

    def _judge(self, result: MethodResult) -> Assessment | Failure:
        """The metrics of a method, computed here so that no page has to wait for them.

        Where they cannot be made, that method alone fails and the others go on.
        """
        assert self._begun is not None
        try:
            return assess_and_keep(self._begun, result)
        except Exception as error:
            return Failure(result.variant, f"No metrics: {explained(error)}")


def _checked(variant: Variant) -> Variant | None:
    """Equal for variants of one method with the same parameters and seed, however they were given.

    None where the method is gone or no longer takes such parameters.
    """
    with suppress(AnomalyError):
        params = variant.checked().model_dump()
        return replace(variant, label=variant.detector, params=params, tuned=None)
    return None
