"""`anomaly-compare tune`: its arguments beside those of `run`, and the search before the run."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evaluation.comparison.comparison import Variant
from evaluation.metrics.metrics import Protocol, measures
from evaluation.terminal import TERMINAL
from evaluation.tuning.judging import METRICS
from evaluation.tuning.result import Budget, MethodTuning, open_tuning, sentence, tuned_variants
from evaluation.tuning.search import TuningEvent
from evaluation.tuning.tuning import TuningPlan, not_tunable, tune
from evaluation.tuning.validation import (
    CONFIRMED,
    DEFAULT_KINDS,
    PER_KIND,
    TuningError,
    set_aside,
)
from images.dataset import DataSet, Picture
from images.painting.kinds import KINDS
from methods.parameters import as_text

TITLES = {measure.name: measure.title for measure in measures(Protocol())}


def add_tuning_arguments(arguments: argparse.ArgumentParser) -> None:
    """Add the arguments of `tune` to those of `run`."""
    group = arguments.add_argument_group(
        "tuning",
        "The search runs in this process; --processes and --dask apply to the comparison after it.",
    )
    budget = Budget()
    group.add_argument(
        "--trials",
        type=_count,
        default=budget.trials,
        metavar="N",
        help=f"settings to try of each method, the default included (default {budget.trials})",
    )
    group.add_argument(
        "--minutes",
        type=_minutes,
        default=budget.minutes,
        metavar="M",
        help=f"time to search of each method, at most (default {budget.minutes:g})",
    )
    group.add_argument(
        "--paint",
        type=_kinds,
        default=DEFAULT_KINDS,
        metavar="KINDS",
        help=f"painted defects to judge settings by, some of {','.join(KINDS)} (default "
        f"{'all' if set(DEFAULT_KINDS) == set(KINDS) else ','.join(DEFAULT_KINDS)})",
    )
    group.add_argument(
        "--defects",
        type=_count,
        default=PER_KIND,
        metavar="N",
        help=f"painted defects of each kind in the search (default {PER_KIND}); {CONFIRMED} times "
        "as many others judge its result",
    )
    group.add_argument(
        "--set-aside",
        action="append",
        default=[],
        metavar="PLACE",
        help="folder or name of labelled test images to judge settings by instead of painted "
        "defects; they are no test images then (may be repeated)",
    )
    group.add_argument(
        "--metric",
        choices=METRICS,
        default=METRICS[0],
        help=f"metric to judge settings by (default {METRICS[0]})",
    )


def tuned_methods(
    data: DataSet, variants: Sequence[Variant], options: argparse.Namespace
) -> tuple[DataSet, list[Variant]]:
    """Tune the methods: the data set without what is set aside, and the variants to compare.

    The trials lie in `--out`, where a search that was stopped goes on. Raises `TuningError`.
    """
    aside: tuple[Picture, ...] = ()
    if options.set_aside:
        data, aside = set_aside(data, options.set_aside)
    reasons = {variant.label: not_tunable(variant) for variant in variants}
    possible = [variant for variant in variants if not reasons[variant.label]]
    for reason in filter(None, reasons.values()):
        TERMINAL.say(reason)
    if not possible:
        raise TuningError("None of the methods can be tuned.")
    plan = TuningPlan(
        Budget(options.trials, options.minutes),
        options.metric,
        options.paint,
        options.defects,
        options.seed,
    )
    with tempfile.TemporaryDirectory() as scratch:
        found = tune(
            data,
            possible,
            options.out or Path(scratch),
            plan,
            aside=aside,
            on_event=TrialLines(),
            on_result=lambda method: _announce(method, options.metric),
        )
    return data, tuned_variants(found.methods)


def with_tuned(variants: Sequence[Variant], folder: Path | None) -> list[Variant]:
    """The variants, and those that `tune` found and wrote into a folder."""
    if folder is None:
        return list(variants)
    found = [method.result() for method in open_tuning(folder).methods if method.tuned is not None]
    return [*variants, *found]


class TrialLines:
    """A line on stderr for every trial that has ended."""

    def __init__(self) -> None:
        self._told: set[tuple[str, int]] = set()

    def __call__(self, event: TuningEvent) -> None:
        for trial in event.found.trials:
            key = (event.label, trial.number)
            if key in self._told:
                continue
            self._told.add(key)
            value = "-" if trial.value is None else f"{trial.value:.4f}"
            given = ", ".join(f"{name} = {as_text(one)}" for name, one in trial.settings.items())
            what = "default" if trial.number == 0 else given
            ended = "" if trial.state == "complete" else f" ({trial.reason or trial.state})"
            TERMINAL.say(f"{event.label}: trial {trial.number}, {value}{ended}: {what}")


def _announce(method: MethodTuning, metric: str) -> None:
    if method.tuned is None:
        TERMINAL.say(f"{method.variant.label} is not tuned: {method.failure}")
    else:
        text = sentence(method.tuned, TITLES[metric])
        TERMINAL.say(f"{method.variant.label}: {text}")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 1")
    return int(text)


def _minutes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1e5:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number above 0")
    return value


def _kinds(text: str) -> tuple[str, ...]:
    names = [name.strip() for name in text.split(",")]
    if not set(names) <= set(KINDS):
        raise argparse.ArgumentTypeError(f"{text!r}; expected some of {','.join(KINDS)}")
    return tuple(name for name in KINDS if name in names)
