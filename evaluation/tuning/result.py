"""What a search found: all trials, which parameters mattered, and what was taken in the end."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from evaluation.comparison.comparison import Variant
from evaluation.comparison.storage import ComparisonError, read_json
from evaluation.comparison.tuned import Estimate, Tuned

TUNING_FILE = "tuning.json"
FORMAT = "anomaly-compare tuning 1"

TrialState = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True)
class Budget:
    """What the search of every method may cost, whichever ends first; the default always ends."""

    trials: int = 20
    minutes: float = 10.0


@dataclass(frozen=True)
class TrialFound:
    """One setting that was tried."""

    number: int
    """From 0, which is the default."""
    settings: Mapping[str, int | float | str]
    """The searched parameters that were in use."""
    state: TrialState
    value: float | None
    """The metric on the validation images, on the first of them where it was pruned; None where it
    failed."""
    seconds: float
    reason: str = ""
    """Why it failed."""


@dataclass(frozen=True)
class MethodTuning:
    """The search of one method."""

    variant: Variant
    """The method with its fixed parameters, which were not searched."""
    trials: tuple[TrialFound, ...] = ()
    importances: Mapping[str, float] = field(default_factory=dict)
    """The share of the variance of the metric that each parameter explains; empty with too few
    trials."""
    chosen: Mapping[str, int | float | str] = field(default_factory=dict)
    """The settings that were taken, as far as they differ from the default."""
    tuned: Tuned | None = None
    """None where it did not come to an end."""
    failure: str = ""
    """Why there is nothing, in one sentence."""

    @property
    def default(self) -> TrialFound | None:
        """The first trial."""
        return self.trials[0] if self.trials else None

    @property
    def best(self) -> TrialFound | None:
        """The complete trial with the highest value, the earliest of several."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        return max(complete, key=lambda trial: trial.value or 0.0, default=None)

    @property
    def seconds(self) -> float:
        """Of all trials."""
        return sum(trial.seconds for trial in self.trials)

    def result(self, label: str = "") -> Variant:
        """The variant for the comparison, marked as tuned, also where the default stayed."""
        params: dict[str, Any] = {**self.variant.params, **self.chosen}
        name = label or _tuned_label(self.variant.label)
        return replace(self.variant, params=params, label=name, tuned=self.tuned)


def _tuned_label(label: str) -> str:
    """The name of the tuned variant of a method; one that is tuned already is numbered."""
    again = re.fullmatch(r"(.+@tuned)(?:-(\d+))?", label)
    return f"{again[1]}-{int(again[2] or 1) + 1}" if again else f"{label}@tuned"


@dataclass(frozen=True)
class Tuning:
    """The searches of several methods with one budget: what `tuning.json` holds."""

    format: str
    data: str
    """The name of the data set."""
    metric: str
    judged_on: str
    budget: Budget
    seed: int
    methods: tuple[MethodTuning, ...]


def open_tuning(folder: Path) -> Tuning:
    """What `tune` wrote into a folder. Raises `ComparisonError`."""
    tuning = read_json(folder / TUNING_FILE, Tuning)
    if tuning.format != FORMAT:
        raise ComparisonError(f"{folder} holds {tuning.format!r}; expected {FORMAT!r}.")
    return tuning


def tuned_variants(methods: Sequence[MethodTuning]) -> list[Variant]:
    """Every method as it was and, where other settings were taken, its tuned variant after it."""
    variants = []
    for method in methods:
        if method.tuned is not None and method.tuned.changed:
            variants += [method.variant, method.result()]
        else:
            variants.append(replace(method.variant, tuned=method.tuned))
    return variants


@dataclass(frozen=True)
class OnTest:
    """What a tuned method and its default reach on test images, by the metric of the search."""

    default: Estimate | None
    tuned: Estimate | None


def sentence(tuned: Tuned, title: str, test: OnTest | None = None) -> str:
    """What came out of it: the default and the tuned setting on validation and on test images.

    `title` is that of the metric; test images without labels are not spoken of.
    """
    text = f"{title}: default {tuned.default.words()}, "
    if tuned.changed:
        text += f"tuned {tuned.tuned.words()} on {tuned.judged_on}"
    elif tuned.lead is None:
        text += f"on {tuned.judged_on}; no other setting was better, so the default stays"
    else:
        text += (
            f"best other setting {tuned.tuned.words()} on {tuned.judged_on}; the difference, "
            f"{tuned.lead.low:+.3f} to {tuned.lead.high:+.3f}, is within its noise, so the default "
            "stays"
        )
    if test is None or (test.default is None and test.tuned is None):
        return f"{text}."
    reached = [
        f"{name} {estimate.words()}"
        for name, estimate in (("default", test.default), ("tuned", test.tuned))
        if estimate is not None
    ]
    return f"{text}; on your test images {', '.join(reached)}."
