"""The trials of one method as an Optuna study in a SQLite file, which outlives the process."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evaluation.comparison.storage import writing
from evaluation.tuning.result import TrialFound, TrialState
from evaluation.tuning.space import Plain
from evaluation.tuning.validation import TuningError
from methods.lazy import lazily
from methods.search import Choices, Search

if TYPE_CHECKING:
    import optuna
else:
    optuna = lazily("optuna")

STORAGE_FILE = "trials.db"
RANDOM_TRIALS = 5
"""Trials, the default among them, before suggestions follow from earlier trials."""
FEWEST_FOR_IMPORTANCE = 4
"""Complete trials below which nothing is said of the importance of parameters."""

_SECONDS, _REASON, _SETUP, _PART = "seconds", "reason", "setup", "part"


class Trial:
    """A setting that is being tried."""

    def __init__(self, trial: "optuna.Trial") -> None:
        self._trial = trial

    def suggest(self, name: str, search: Search, whole: bool) -> Plain:
        """A value of a parameter; see `evaluation.tuning.space.settings`."""
        if isinstance(search, Choices):
            return str(self._trial.suggest_categorical(name, list(search.values)))
        if whole:
            low, high = int(search.low), int(search.high)
            return self._trial.suggest_int(name, low, high, log=search.log)
        return self._trial.suggest_float(name, search.low, search.high, log=search.log)

    @property
    def settings(self) -> Mapping[str, Plain]:
        """What was suggested."""
        return dict(self._trial.params)

    def is_hopeless(self, part: int, value: float) -> bool:
        """Whether the metric on a part of the images is below the median of earlier trials."""
        self._trial.report(value, part)
        self._trial.set_user_attr(_PART, value)
        return self._trial.should_prune()


class Trials:
    """All trials of one method.

    A trial that did not end, since time was over or the process died, is as if it had never begun,
    but for the time that it took.
    """

    def __init__(self, folder: Path, label: str, setup: str, seed: int) -> None:
        """Open the trials of a label, or begin them.

        Raises `TuningError` where those in the folder have another setup, which is a digest.
        """
        self._seed = seed
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with quiet():
            optuna.logging.set_verbosity(optuna.logging.WARNING)
            self._study = optuna.create_study(
                storage=f"sqlite:///{folder / STORAGE_FILE}",
                study_name=label,
                direction="maximize",
                load_if_exists=True,
                pruner=optuna.pruners.MedianPruner(n_startup_trials=RANDOM_TRIALS),
            )
        if self._study.user_attrs.get(_SETUP, setup) != setup:
            raise TuningError(
                f"{folder} holds a search of {label} with other images, parameters or seed; choose "
                "another folder, or remove it."
            )
        self._study.set_user_attr(_SETUP, setup)
        for trial in self._all():
            if trial.state == optuna.trial.TrialState.RUNNING:
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)

    def begin(self, settings: Mapping[str, Plain] | None = None) -> Trial:
        """The next trial: with these settings, or with suggested ones."""
        with quiet():
            if settings is not None:
                self._study.enqueue_trial(dict(settings))
            self._study.sampler = self._sampler(len(self.found()))
            self._running = self._study.ask()
        return Trial(self._running)

    def end(self, state: TrialState, seconds: float, value: float | None = None,
            reason: str = "") -> None:  # fmt: skip
        """The running trial has come to an end."""
        states = {
            "complete": optuna.trial.TrialState.COMPLETE,
            "pruned": optuna.trial.TrialState.PRUNED,
            "failed": optuna.trial.TrialState.FAIL,
        }
        self._running.set_user_attr(_SECONDS, seconds)
        if state == "failed":
            self._running.set_user_attr(_REASON, reason or "It failed.")
        with quiet():
            self._study.tell(self._running, value if state == "complete" else None, states[state])

    def drop(self, seconds: float) -> None:
        """The running trial is as if it had never begun."""
        self._running.set_user_attr(_SECONDS, seconds)
        self._study.tell(self._running, state=optuna.trial.TrialState.FAIL)

    def found(self) -> tuple[TrialFound, ...]:
        """The trials that ended, in order."""
        return tuple(
            TrialFound(
                number,
                dict(trial.params),
                state,
                trial.user_attrs.get(_PART) if state == "pruned" else trial.value,
                trial.user_attrs.get(_SECONDS, 0.0),
                trial.user_attrs.get(_REASON, ""),
            )
            for number, (trial, state) in enumerate(self._ended())
        )

    @property
    def seconds(self) -> float:
        """Of all trials, also those that did not end."""
        return sum(float(trial.user_attrs.get(_SECONDS, 0.0)) for trial in self._all())

    def importances(self) -> dict[str, float]:
        """The share of the variance of the metric that each parameter explains.

        By fANOVA (Hutter, Hoos and Leyton-Brown, ICML 2014) over the complete trials. Empty with
        few of them or where all have one value.
        """
        complete = [trial for trial, state in self._ended() if state == "complete"]
        few = len(complete) < FEWEST_FOR_IMPORTANCE
        if few or len({trial.value for trial in complete}) < 2:
            return {}
        with quiet():
            evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
            shares = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name: float(share) for name, share in shares.items()}

    def _all(self) -> "list[optuna.trial.FrozenTrial]":
        return self._study.get_trials(deepcopy=False)

    def _ended(self) -> "Iterator[tuple[optuna.trial.FrozenTrial, TrialState]]":
        for trial in self._all():
            if trial.state == optuna.trial.TrialState.COMPLETE:
                yield trial, "complete"
            elif trial.state == optuna.trial.TrialState.PRUNED:
                yield trial, "pruned"
            elif trial.state == optuna.trial.TrialState.FAIL and _REASON in trial.user_attrs:
                yield trial, "failed"

    def _sampler(self, ended: int) -> "optuna.samplers.TPESampler":
        """The same for the same number of trials that ended, so that a resumed search goes on as
        one that was never stopped."""
        seed = int(np.random.default_rng((self._seed, ended)).integers(2**31))
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM_TRIALS)


@contextmanager
def quiet() -> Iterator[None]:
    """Without what Optuna warns programmers of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
