"""Tune several methods on one data set, each with the same budget, and keep what was found."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evaluation.comparison.comparison import Variant
from evaluation.comparison.storage import open_data, store_data, write_json, writing
from evaluation.tuning.judging import Judge
from evaluation.tuning.result import FORMAT, TUNING_FILE, Budget, MethodTuning, Tuning
from evaluation.tuning.search import MethodSearch, TuningEvent
from evaluation.tuning.space import default_settings
from evaluation.tuning.validation import (
    DEFAULT_KINDS,
    PER_KIND,
    TuningError,
    Validation,
    labelled_validation,
    painted_validation,
)
from images.dataset import DataSet, Picture
from images.errors import AnomalyError, explained
from methods.features.remembered import FeatureStore
from methods.registry import get

VALIDATION_FOLDER = "validation"


@dataclass(frozen=True)
class TuningPlan:
    """How methods are tuned."""

    budget: Budget = field(default_factory=Budget)
    metric: str = "pixel_auroc"
    """One of `evaluation.tuning.judging.METRICS`."""
    kinds: tuple[str, ...] = DEFAULT_KINDS
    """Of the painted defects; see `images.painting.kinds.KINDS`."""
    per_kind: int = PER_KIND
    seed: int = 0


def tune(
    data: DataSet,
    variants: Sequence[Variant],
    folder: Path,
    plan: TuningPlan,
    *,
    aside: Sequence[Picture] = (),
    on_event: Callable[[TuningEvent], None] = lambda event: None,
    on_result: Callable[[MethodTuning], None] = lambda result: None,
) -> Tuning:
    """Search the parameters of every variant that it does not fix.

    Settings are judged on defects painted on held-out normal images of `data`, or on the labelled
    images in `aside`, never on its test images. The folder holds the trials, and a search that was
    stopped goes on there; `tuning.json` in it holds the result. `Cancelled` raised from `on_event`
    passes through. Raises `TuningError` or `PaintingError` when nothing can be judged.
    """

    def tell() -> None:
        on_event(TuningEvent(variants[0].label, 0.0, MethodTuning(variants[0])))

    if not variants:
        raise TuningError("No method was given; expected at least one.")
    if aside:
        validation = labelled_validation(data, aside, seed=plan.seed, on_image=tell)
    else:
        validation = painted_validation(
            data, plan.kinds, per_kind=plan.per_kind, seed=plan.seed, on_image=tell
        )
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    validation = _stored(validation, data, folder / VALIDATION_FOLDER, tell)
    methods: list[MethodTuning] = []
    tuning = Tuning(FORMAT, data.name, plan.metric, validation.text, plan.budget, plan.seed, ())
    with tempfile.TemporaryDirectory(dir=folder, prefix="maps-") as scratch:
        maps, features = Path(scratch) / "maps", Path(scratch) / "features"
        features.mkdir()
        judge = Judge(validation.train, plan.metric, maps, FeatureStore(features))
        for variant in variants:
            methods.append(_tuned(variant, validation, judge, plan, folder, on_event))
            tuning = replace(tuning, methods=tuple(methods))
            write_json(folder / TUNING_FILE, tuning)
            on_result(methods[-1])
    return tuning


def not_tunable(variant: Variant) -> str:
    """Why a method has nothing to tune, in a sentence; empty where it has."""
    detector = get(variant.detector)
    if not detector.needs_normal():
        return f"{variant.label} is not trained on normal images, so it is not tuned."
    if not default_settings(detector.Params, variant.params, variant.label):
        return f"{variant.label} has no parameter that says where it is searched."
    return ""


def _tuned(
    variant: Variant,
    validation: Validation,
    judge: Judge,
    plan: TuningPlan,
    folder: Path,
    on_event: Callable[[TuningEvent], None],
) -> MethodTuning:
    if reason := not_tunable(variant):
        return MethodTuning(variant, failure=reason)
    search = MethodSearch(variant, validation, judge, plan.budget, folder, plan.seed, on_event)
    try:
        return search.run()
    except TuningError:
        raise
    except (AnomalyError, MemoryError) as error:
        return MethodTuning(variant, failure=explained(error))


def _stored(
    validation: Validation, data: DataSet, folder: Path, on_picture: Callable[[], None]
) -> Validation:
    """The same images in a folder, each painted once."""
    judged = {picture.name: picture for picture in (*validation.searched, *validation.confirmed)}
    whole = replace(
        data, normal=validation.train, test=tuple(judged.values()), findings=(), undecided=()
    )
    kept = open_data(store_data(whole, folder, on_picture), folder)
    by_name = {picture.name: picture for picture in kept.test}

    def found(pictures: Sequence[Picture]) -> tuple[Picture, ...]:
        return tuple(by_name[one.name] for one in pictures if one.name in by_name)

    return replace(
        validation,
        train=kept.normal,
        searched=found(validation.searched),
        confirmed=found(validation.confirmed),
    )
