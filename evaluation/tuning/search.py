"""The search for better parameters of one method, with Optuna.

The first trial is the default, the others are suggested by the tree-structured Parzen estimator
(Bergstra et al., Algorithms for hyper-parameter optimization, NIPS 2011) and stopped early when
they are below the median of the trials before (`optuna.pruners.MedianPruner`). A search that was
stopped goes on where it was, and comes to the same trials. Optuna: Akiba et al., KDD 2019.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evaluation.comparison.comparison import Variant
from evaluation.comparison.tuned import Tuned
from evaluation.tuning.judging import FIT_SHARE, Judge
from evaluation.tuning.result import Budget, MethodTuning
from evaluation.tuning.space import default_settings, settings
from evaluation.tuning.trials import Trial, Trials
from evaluation.tuning.validation import Validation
from images.errors import explained
from methods import registry
from methods.progress import Cancelled, Progress, span

SEARCHING = 0.9
"""Share of the progress of a method that is the search; the rest is the judgement of its result."""


@dataclass(frozen=True)
class TuningEvent:
    """How far the search of one method is."""

    label: str
    fraction: float
    """Share of the whole method that is done."""
    found: MethodTuning
    """The trials so far."""
    note: str = ""


class _OutOfTime(Exception):
    """Raised inside a trial when the time of its method is over."""


class _Hopeless(Exception):
    """Raised inside a trial that is stopped early."""


@dataclass(frozen=True)
class MethodSearch:
    """The search of one method; it may run again after it was stopped."""

    variant: Variant
    """Its parameters are fixed and not searched."""
    validation: Validation
    judge: Judge
    budget: Budget
    folder: Path
    """Holds the trials of all methods, each under its label."""
    seed: int = 0
    on_event: Callable[[TuningEvent], None] = lambda event: None

    def run(self) -> MethodTuning:
        """Search, and judge what was found. A default that fails makes the method fail.

        Lets `Cancelled` from `on_event` pass; the trials that ended are kept. Raises `TuningError`
        where the folder holds a search with other images.
        """
        begin = time.monotonic()
        trials = Trials(self.folder, self.variant.label, self._setup(), self.seed)
        earlier = trials.seconds
        found = MethodTuning(self.variant, trials.found())
        while self._may_go_on(found, trials.seconds):
            if not self._try(trials, found):
                break
            found = MethodTuning(self.variant, trials.found())
            if found.trials[0].state == "failed":
                return replace(found, failure=found.trials[0].reason)
        found = self._judged(replace(found, importances=trials.importances()))
        assert found.tuned is not None
        # All of it, not the trials alone: a person waits for the judging too.
        seconds = earlier + time.monotonic() - begin
        return replace(found, tuned=replace(found.tuned, seconds=seconds))

    def _may_go_on(self, found: MethodTuning, seconds: float) -> bool:
        if not found.trials:
            return True
        return len(found.trials) < self.budget.trials and seconds < 60 * self.budget.minutes

    def _try(self, trials: Trials, found: MethodTuning) -> bool:
        """One trial; whether it came to an end before the time was over."""
        number, spent, begin = len(found.trials), trials.seconds, time.monotonic()
        trial = trials.begin(None if number else self._default())

        def taken() -> float:
            return time.monotonic() - begin

        def progress(fraction: float, note: str = "") -> None:
            by_time = (spent + taken()) / (60 * self.budget.minutes)
            share = max((number + fraction) / self.budget.trials, by_time)
            self._tell(found, SEARCHING * min(1.0, share), note)
            if number and by_time >= 1:
                raise _OutOfTime

        try:
            trials.end("complete", taken(), self._value(trial, found, progress))
        except _OutOfTime:
            trials.drop(taken())
            return False
        except _Hopeless:
            trials.end("pruned", taken())
        except (Cancelled, KeyboardInterrupt):
            trials.drop(taken())
            raise
        except Exception as error:
            trials.end("failed", taken(), reason=explained(error))
        return True

    def _value(self, trial: Trial, found: MethodTuning, progress: Progress) -> float:
        """The metric of a suggested setting; one that was tried before costs nothing."""
        model = registry.get(self.variant.detector).Params
        params = settings(model, self.variant.params, self.variant.label, trial.suggest)
        for earlier in found.trials:
            if earlier.value is not None and earlier.settings == trial.settings:
                if earlier.state == "pruned":
                    raise _Hopeless
                return earlier.value

        def on_part(part: int, value: float) -> None:
            if trial.is_hopeless(part, value):
                raise _Hopeless

        fitting, scoring = span(progress, 0.0, FIT_SHARE), span(progress, FIT_SHARE, 1.0)
        detector = self.judge.fitted(replace(self.variant, params=params), fitting)
        return self.judge.value(detector, self.validation.searched, scoring, on_part)

    def _judged(self, found: MethodTuning) -> MethodTuning:
        """Judge the best setting and the default on the other validation images, and decide.

        The best setting of the search is taken when the 95 % interval of its lead over the default,
        over draws of these images, lies above 0 as a whole.
        """
        default, best = found.trials[0], found.best
        assert best is not None
        changed = {
            name: value
            for name, value in best.settings.items()
            if default.settings.get(name) != value
        }

        def part(start: float, stop: float) -> Progress:
            def tell(fraction: float, note: str = "") -> None:
                share = start + (stop - start) * fraction
                self._tell(found, SEARCHING + (1 - SEARCHING) * share, note)

            return tell

        pictures = self.validation.confirmed
        plain = self.judge.fitted(self.variant, part(0.0, 0.25))
        own, draws = self.judge.estimated(plain, pictures, part(0.25, 0.5))
        other, lead = own, None
        if best is not default and changed:
            params = {**self.variant.params, **best.settings}
            tuned = self.judge.fitted(replace(self.variant, params=params), part(0.5, 0.75))
            other, others = self.judge.estimated(tuned, pictures, part(0.75, 1.0))
            lead = others.lead(draws, self.judge.metric)
        taken = lead is not None and lead.low > 0
        mark = Tuned(
            self.judge.metric,
            self.validation.text,
            len(found.trials),
            found.seconds,
            own,
            other,
            lead,
            taken,
        )
        return replace(found, chosen=dict(best.settings) if taken else {}, tuned=mark)

    def _default(self) -> dict[str, int | float | str]:
        model = registry.get(self.variant.detector).Params
        return default_settings(model, self.variant.params, self.variant.label)

    def _setup(self) -> str:
        """Equal for searches whose trials may stand side by side."""
        digest = hashlib.blake2b(digest_size=16)
        facts = (self.variant.detector, self.variant.seed, self.variant.checked(), self.seed)
        digest.update(f"{facts} {self.judge.metric}".encode())
        for picture in (*self.validation.train, *self.validation.searched):
            image = picture.read()
            digest.update(f"{picture.kind} {image.shape}".encode())
            digest.update(np.ascontiguousarray(image).data)
        return digest.hexdigest()

    def _tell(self, found: MethodTuning, fraction: float, note: str = "") -> None:
        self.on_event(TuningEvent(self.variant.label, fraction, found, note))
