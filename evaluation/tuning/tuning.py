"""Tune several methods on one data set, each with the same budget, and keep what was found."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from evaluation.comparison.comparison import Variant
from evaluation.comparison.storage import open_data, store_data, write_json, writing
from evaluation.tuning.judging import Judge, measure_named
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
from images.errors import explained
from methods.features.remembered import FeatureStore
from methods.progress import Cancelled
from methods.registry import get

IMAGES_FOLDER, PAINTED_FOLDER = "tuning/images", "tuning/painted"


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
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    given = replace(data, test=tuple(aside))
    kept = open_data(store_data(given, folder / IMAGES_FOLDER, tell), folder / IMAGES_FOLDER)
    if aside:
        _check_masks(kept.test, plan.metric)
        validation = labelled_validation(kept, kept.test, seed=plan.seed, on_image=tell)
    else:
        validation = painted_validation(
            kept, plan.kinds, per_kind=plan.per_kind, seed=plan.seed, on_image=tell
        )
        validation = _painted_once(validation, kept, folder / PAINTED_FOLDER, tell)
    methods: list[MethodTuning] = []
    tuning = Tuning(FORMAT, data.name, plan.metric, validation.text, plan.budget, plan.seed, ())
    with tempfile.TemporaryDirectory(dir=folder, prefix="maps-") as scratch:
        maps, features = Path(scratch) / "maps", Path(scratch) / "features"
        maps.mkdir()
        features.mkdir()
        judge = Judge(validation.train, plan.metric, maps, not aside, FeatureStore(features))
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
    except (TuningError, Cancelled):
        raise
    except Exception as error:
        return MethodTuning(variant, failure=explained(error))


def _check_masks(pictures: Sequence[Picture], metric: str) -> None:
    """Raise `TuningError` where a metric of pixels has no mask to be computed from."""
    if measure_named(metric).level == "pixel" and all(one.read_mask is None for one in pictures):
        raise TuningError(
            f"None of the images that are set aside has a mask, so {metric} has no value; choose "
            "image_auroc."
        )


def _painted_once(
    validation: Validation, kept: DataSet, folder: Path, on_picture: Callable[[], None]
) -> Validation:
    """The same images, those with painted defects stored in a folder."""
    given = {picture.name: picture for picture in kept.normal}
    both = (*validation.searched, *validation.confirmed)
    painted = tuple(picture for picture in both if picture.name not in given)
    whole = replace(kept, normal=(), test=painted)
    given |= {
        one.name: one for one in open_data(store_data(whole, folder, on_picture), folder).test
    }
    searched, confirmed = (
        tuple(given[picture.name] for picture in pictures)
        for pictures in (validation.searched, validation.confirmed)
    )
    return replace(validation, searched=searched, confirmed=confirmed)
