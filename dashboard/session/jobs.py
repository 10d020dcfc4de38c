"""Comparisons that run in the background, in turn, and can be looked at and stopped meanwhile."""

import logging
import os
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import psutil

from dashboard.session.memory import MODELS
from evaluation.assessment import Assessment, assess
from evaluation.comparison.comparison import (
    Comparison,
    Event,
    Failure,
    MethodResult,
    Phase,
    Variant,
    run,
)
from evaluation.comparison.costs import return_memory
from evaluation.comparison.storage import writing
from images.dataset import DataSet
from images.errors import AnomalyError, explained
from methods.progress import Cancelled

AT_ONCE = max(1, (os.cpu_count() or 2) // 2)
"""Comparisons that run at one time; further ones wait in the order in which they came."""

FOLDER_PREFIX = "anomaly-compare-"
"""How the names of folders for temporary files begin."""

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


class Turnstile:
    """Lets jobs through in the order in which they came, a few at a time."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._line: list[Job] = []
        self._changed = threading.Condition()

    def enter(self, job: "Job") -> None:
        """Take a place at the end of the line."""
        with self._changed:
            self._line.append(job)

    def ahead(self, job: "Job") -> int:
        """How many jobs must end before this one begins."""
        with self._changed:
            return max(0, self._line.index(job) + 1 - self._at_once) if job in self._line else 0

    def wait(self, job: "Job") -> None:
        """Return when it is the job's turn, or when it was cancelled."""
        with self._changed:
            self._changed.wait_for(lambda: job.cancelled or self._line.index(job) < self._at_once)

    def leave(self, job: "Job") -> None:
        """Make room for the next."""
        with self._changed:
            self._line.remove(job)
            self._changed.notify_all()

    def wake(self) -> None:
        """Let waiting jobs see that they were cancelled."""
        with self._changed:
            self._changed.notify_all()


TURNSTILE = Turnstile(AT_ONCE)
LIVE: "weakref.WeakValueDictionary[str, Job]" = weakref.WeakValueDictionary()
"""Comparisons that some session still holds, by their tokens."""


class Job:
    """One comparison in a thread of its own, in a folder that goes when it is abandoned.

    What the comparisons in `earlier` found for the same method, parameters and seed is taken over;
    they must be of the same data set. Their folders stay until this comparison has ended.
    """

    def __init__(
        self,
        data: DataSet,
        variants: Sequence[Variant],
        earlier: "Sequence[AnyJob]" = (),
        turnstile: Turnstile = TURNSTILE,
    ) -> None:
        self.data = data
        self.variants = tuple(variants)
        self.token = secrets.token_urlsafe(12)
        """The name by which its address finds it again."""
        self.folder = _new_folder()
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.state: JobState = "waiting"
        self.failure = ""
        """Why nothing could run, in a sentence."""
        self.seconds = 0.0
        """How long the comparison took, waiting excluded."""
        self.cancelled = False
        self._abandoned = False
        self._turnstile = turnstile
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
        self._events: dict[str, Event] = {}
        self._failures: dict[str, Failure] = {}
        self._assessments: dict[str, Assessment] = {}
        self.holders: weakref.WeakSet[object] = weakref.WeakSet()
        """The sessions that look at it."""
        LIVE[self.token] = self
        self._turnstile.enter(self)
        self._thread = threading.Thread(target=self._work, name="comparison", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("finished", "cancelled", "failed")

    @property
    def reused(self) -> int:
        """How many methods were taken over from an earlier run."""
        return len(self._reused)

    @property
    def ahead(self) -> int:
        """How many comparisons must end before this one begins."""
        return self._turnstile.ahead(self)

    def cancel(self) -> None:
        """Stop as soon as the running method reports progress; finished methods are kept."""
        self.cancelled = True
        self._turnstile.wake()

    def abandon(self) -> None:
        """Stop, and give back memory and disk, since nobody looks at it any more."""
        self._abandoned = True
        LIVE.pop(self.token, None)
        self.cancel()
        _forget_models(self.assessments())
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

    def wait(self, seconds: float) -> bool:
        """Wait until nothing more will come; returns whether that was so in time."""
        self._thread.join(seconds)
        return self.ended

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
            return MethodProgress(label, state, event.fraction, event.seconds_left, note=event.note)

    def _work(self) -> None:
        self._turnstile.wait(self)
        begin = time.monotonic()
        try:
            if self.cancelled:
                raise Cancelled
            self.state = "running"
            run(
                self.data,
                self.variants,
                self.folder,
                known=self._known,
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
            logging.getLogger(__name__).exception("A comparison stopped on a fault of the program.")
            self.failure = (
                "The comparison stopped on a fault of the program; the server's log says more."
            )
            self._end("failed", begin)
        finally:
            self._turnstile.leave(self)
            for job in self._earlier:
                job.give_back()
            self._earlier, self._known = (), ()
            self._release_unless_needed()

    def _end(self, state: JobState, begin: float) -> None:
        self.seconds = time.monotonic() - begin
        self.state = state

    def _on_begin(self, comparison: Comparison) -> None:
        with self._lock:
            self._begun = comparison

    def _on_event(self, event: Event) -> None:
        if self.cancelled:
            raise Cancelled
        with self._lock:
            self._events[event.label] = event

    def _on_result(self, result: MethodResult | Failure) -> None:
        judged = result if isinstance(result, Failure) else self._judge(result)
        with self._lock:
            if isinstance(judged, Failure):
                self._failures[judged.variant.label] = judged
            else:
                self._assessments[result.variant.label] = judged

    def _judge(self, result: MethodResult) -> Assessment | Failure:
        """The figures of a method, worked out here so that no page has to wait for them.

        Where they cannot be made, that method alone fails and the others go on.
        """
        assert self._begun is not None
        assessment = assess(self._begun, result)
        try:
            _ = assessment.figures, assessment.resampled, assessment.found_rates
            _ = assessment.normal_medians, assessment.test_medians
        except Exception as error:
            return Failure(result.variant, f"No figures: {explained(error)}")
        return assessment


class KeptJob:
    """A comparison that was kept in a folder, opened again; it answers like an ended job."""

    state: JobState = "kept"
    failure = ""
    seconds = 0.0
    cancelled = False
    ended = True
    ahead = 0
    reused = 0

    def __init__(self, folder: Path) -> None:
        self.token = folder.name
        self.folder = folder
        self.holders: weakref.WeakSet[object] = weakref.WeakSet()
        self._comparison = Comparison.open(folder)
        self._assessments = tuple(
            assess(self._comparison, result) for result in self._comparison.results
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

    def cancel(self) -> None:
        """Nothing runs any more."""

    def abandon(self) -> None:
        """Give back memory; what was kept on disk stays."""
        _forget_models(self._assessments)

    def lend(self) -> None:
        """What was kept stays."""

    def give_back(self) -> None:
        """What was kept stays."""


AnyJob = Job | KeptJob
"""A comparison of this server's life or one from an earlier day."""


def _forget_models(assessments: Sequence[Assessment]) -> None:
    for assessment in assessments:
        MODELS.forget(assessment.result.folder)


def _new_folder() -> Path:
    """A folder for one comparison; those of servers that were killed go.

    Its name begins with the number of the process that it belongs to.
    """
    with writing("The folder for temporary files"):
        place = Path(tempfile.gettempdir())
        for folder in place.glob(f"{FOLDER_PREFIX}*-*"):
            number = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
            if number.isdigit() and not psutil.pid_exists(int(number)):
                shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir=place))


def _checked(variant: Variant) -> Variant | None:
    """Equal for variants of one method with the same parameters and seed, however they were given.

    None where the method is gone or no longer takes such parameters.
    """
    with suppress(AnomalyError):
        return replace(variant, label=variant.detector, params=variant.checked().model_dump())
    return None


def in_words(seconds: float) -> str:
    """A time for a person: ``"40 s"``, ``"3 min"``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"


def state_in_words(progress: MethodProgress) -> str:
    """What a method is doing."""
    words: Mapping[MethodState, str] = {
        "waiting": "waits",
        "learning": "learns from normal images",
        "calibrating": "calibrated on normal images held out in turn",
        "scoring": "scores test images",
        "judging": "figures are worked out",
        "done": "done",
        "failed": f"failed: {progress.reason}",
        "reused": "taken from your earlier run, nothing had changed",
    }
    text = words[progress.state]
    if progress.note:
        text += f" ({progress.note})"
    if progress.seconds_left is not None:
        text += f", {in_words(progress.seconds_left)} left"
    return text
