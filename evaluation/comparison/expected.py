"""How long a method is expected to take on some images, before it runs.

The times that were measured for a detector's defaults (`Detector.measured`) are taken to the
number and size of the images and to its parameters (`methods.effort`), and to this machine, by what
methods cost in earlier runs here.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import log2
from statistics import fmean, median
from typing import Literal

from evaluation.comparison.comparison import CALIBRATION_SECONDS, Variant
from evaluation.comparison.cross_fit import painted
from evaluation.comparison.earlier_costs import EarlierCost, earlier_costs
from evaluation.comparison.fold_fits import fits_at_once
from evaluation.comparison.folds import FEWEST_IMAGES, MOST_CALIBRATED, MOST_FOLDS
from evaluation.comparison.remaining import Expected, Folds
from evaluation.workers.threads import cores
from images.colour import Image
from images.dataset import DataSet, Picture
from images.errors import AnomalyError
from methods import registry
from methods.detector import Detector
from methods.features.magnification import Detail
from methods.measured import REFERENCE_CORES, REFERENCE_IMAGES, REFERENCE_PIXELS, Measured
from methods.parameters import Parameters

LOOKED_AT = 3
"""Normal images whose detail is measured."""
REFERENCE_DETAIL = Detail(700, 1024, 0.38)
"""Of the images on which detectors were measured."""
TYPICAL = Measured(training_seconds=8.0, image_seconds=0.6)
"""Of a detector that nobody has measured."""
LOADING = 2.0
"""Seconds to load what a method needs, where it was compiled before."""
ALIKE = 4.0
"""Factor in pixels up to which an earlier run says how long one takes now."""
SHORTEST_FIT = 1e-3
"""Seconds."""
NEWEST = 5
"""Earlier runs of which the median counts."""

Basis = Literal["measured", "similar", "machine", "reference"]
"""What an expectation rests on: the same method with these parameters was run on this machine on
about as many pixels; it was run with others; other methods were run; nothing was run here."""


@dataclass(frozen=True)
class Lot:
    """What the time depends on of the images of a comparison."""

    normal: int
    test: int
    normal_pixels: float
    """Of one image, the mean."""
    test_pixels: float
    details: tuple[Detail, ...] = ()
    """Of a few normal images, or of test images where there is none."""
    independent: int = 0
    """Groups of normal images that share no pixels."""

    @property
    def by_parts(self) -> bool:
        """See `CrossFit.by_parts`."""
        return self.independent < FEWEST_IMAGES

    @classmethod
    def of(cls, data: DataSet, independent: int | None = None) -> "Lot":
        """Of a data set; decodes a few of its images."""
        shown = (data.normal or data.test)[:LOOKED_AT]
        return cls(
            len(data.normal),
            len(data.test),
            _mean_pixels(data.normal),
            _mean_pixels(data.test),
            tuple(map(Detail.of, _readable(shown))),
            len(data.normal) if independent is None else independent,
        )


@dataclass(frozen=True)
class Forecast:
    """What a method is expected to take, and how sure that is."""

    label: str
    expected: Expected
    basis: Basis
    unknown: tuple[str, ...] = ()
    """Titles of changed parameters whose effect on the time is unknown."""

    @property
    def range(self) -> tuple[float, float]:
        """From how many seconds to how many."""
        spread = SPREAD[self.basis]
        return self.expected.total / spread, self.expected.total * spread


SPREAD: dict[Basis, float] = {"measured": 1.0, "similar": 1.5, "machine": 1.75, "reference": 2.5}
"""Factor by which the time may be wrong in either direction."""


def forecast(
    variant: Variant,
    lot: Lot,
    *,
    budget: float = CALIBRATION_SECONDS,
    costs: Sequence[EarlierCost] | None = None,
) -> Forecast:
    """How long a method takes on such images.

    `budget` is that of `fold_count`; `costs` are those of earlier runs here, which
    are read from where they are kept unless given. Raises `ParameterError` or `DetectorError`
    where the method cannot run.
    """
    detector, params = registry.get(variant.detector), variant.checked()
    here = cores()
    known = [cost for cost in (earlier_costs() if costs is None else costs) if cost.cores == here]
    work = _work(detector, params, lot)
    alike = [cost for cost in known if cost.detector == variant.detector]
    same = [cost for cost in alike if _is_alike(cost, params, work)]
    basis: Basis = (
        "measured" if same else "similar" if alike else "machine" if known else "reference"
    )
    nearest = _nearest(same or alike or known, work)
    found = [(cost, _times_of(cost)) for cost in nearest]
    fit = _factor(found, work, lambda cost: cost.fit_seconds, lambda times: times.fit)
    own = _factor(found, work, lambda cost: cost.own_seconds, lambda times: times.own)
    each = _factor(found, work, lambda cost: cost.map_seconds, lambda times: times.map)
    times = _times(detector, params, work)
    # Of this method alone: small fits of another may be strained by what is no fit at all.
    strains = [
        cost.fold_strain
        for cost in nearest
        if cost.detector == variant.detector and cost.fold_strain is not None
    ]
    folds = fold_count(variant, lot, budget)
    at_once = fits_at_once(detector.single_core, folds)
    return Forecast(
        variant.label,
        Expected(
            load=LOADING if alike else detector.measured.first_loading,
            fit=times.fit * fit,
            own=min(times.own * own, times.fit * fit),
            map=times.map * each,
            held_out=_held_out(lot),
            test=lot.test,
            folds=Folds(
                folds,
                lot.by_parts,
                at_once,
                times.fixed / times.own if times.own else 0.0,
            ),
            # Between fits that do not hinder each other at all and fits that take turns.
            strain=median(strains) if strains else at_once**0.5,
            measured=basis == "measured",
        ),
        basis,
        params.effort().unknown,
    )


def forecasts(
    data: DataSet,
    variants: Sequence[Variant],
    *,
    budget: float = CALIBRATION_SECONDS,
    independent: int | None = None,
) -> list[Forecast]:
    """A forecast of each method that can run on a data set; see `Lot.of` and `forecast`."""
    lot = Lot.of(data, independent)
    found: list[Forecast] = []
    for variant in variants:
        with suppress(AnomalyError):
            found.append(forecast(variant, lot, budget=budget))
    return found


def fold_count(variant: Variant, lot: Lot, budget: float) -> int:
    """How many folds the normal images are divided into, to calibrate a method on them.

    With few folds each model is trained on far fewer images than the one that is kept, and many
    methods then score held-out images too high; as many as `Detector.fewest_folds` are fitted in
    any case. More, up to ten, as long as all fits take no more than `budget` seconds by the times
    that were declared: the same on every machine, however busy it is, so that thresholds are.
    """
    detector, params = registry.get(variant.detector), variant.checked()
    if not detector.needs_normal() or not lot.independent:
        return 0
    most = MOST_FOLDS if lot.by_parts else min(MOST_FOLDS, lot.independent)
    own = _times(detector, params, _work(detector, params, lot)).own
    return min(most, max(detector.fewest_folds, int(budget / max(own, SHORTEST_FIT))))


@dataclass(frozen=True)
class Work:
    """What a method has to do."""

    images: int
    """It is fitted on."""
    pixels: float
    """Of such an image, as the method sees it."""
    test_pixels: float


def work_of(variant: Variant, lot: Lot) -> Work:
    """What a method has to do on such images; a pixel of the reference images counts 1."""
    return _work(registry.get(variant.detector), variant.checked(), lot)


def _work(detector: type[Detector], params: Parameters, lot: Lot) -> Work:
    usual = detector.Params().pixel_share((REFERENCE_DETAIL,))
    share = params.pixel_share(lot.details) / usual
    if not detector.needs:
        return Work(0, 0.0, share * lot.test_pixels)
    if not detector.needs_normal():
        return Work(lot.test, share * lot.test_pixels, share * lot.test_pixels)
    return Work(lot.normal, share * lot.normal_pixels, share * lot.test_pixels)


@dataclass(frozen=True)
class _Times:
    """Seconds on the machine where detectors were measured."""

    fit: float
    own: float
    map: float
    fixed: float = 0.0
    """Of `own`, what takes as long on any number of images."""


def _times(detector: type[Detector], params: Parameters, work: Work) -> _Times:
    measured = detector.measured
    training = measured.training_seconds or TYPICAL.training_seconds or 0.0
    image = measured.image_seconds or TYPICAL.image_seconds or 0.0
    effort = params.effort()
    lots = work.images * work.pixels / (REFERENCE_IMAGES * REFERENCE_PIXELS)
    grown = training * (1 - measured.fixed) * lots * effort.inference
    features = min(grown, training * measured.features * lots)
    fixed = training * measured.fixed * effort.training
    if measured.fixed_from:
        fixed *= min(1.0, work.images * work.pixels / measured.fixed_from)
    fit = fixed + grown
    if not work.images:
        fit = features = fixed = 0.0
    each = image * effort.inference * work.test_pixels / REFERENCE_PIXELS
    return _Times(fit, fit - features, each, fixed)


def _factor(
    found: Sequence[tuple[EarlierCost, _Times]],
    work: Work,
    seconds: Callable[[EarlierCost], float],
    of: Callable[[_Times], float],
) -> float:
    """How many times as long this machine takes, by the median of earlier runs.

    Given with what they would have taken on the machine where detectors were measured.
    The less alike the work was, the less it says: small images take longer than their pixels do.
    """
    if not found:
        return (REFERENCE_CORES / cores()) ** 0.5
    ratios = []
    for cost, times in found:
        modelled = of(times)
        if modelled > 0 and seconds(cost) > 0:
            ratios.append((seconds(cost) / modelled) ** _nearness(cost, work))
    return median(ratios) if ratios else 1.0


def _times_of(cost: EarlierCost) -> _Times:
    """What an earlier run would have taken on the machine where detectors were measured."""
    try:
        detector = registry.get(cost.detector)
        params = detector.Params.model_validate(cost.params)
    except (AnomalyError, ValueError):  # another version had that method or those parameters
        return _Times(0.0, 0.0, 0.0)
    return _times(detector, params, Work(cost.images, cost.pixels, cost.test_pixels))


def _is_alike(cost: EarlierCost, params: Parameters, work: Work) -> bool:
    """Whether an earlier run had the same parameters and about as many pixels."""
    return dict(cost.params) == params.model_dump(mode="json") and _nearness(cost, work) == 1


def _nearest(costs: Sequence[EarlierCost], work: Work) -> Sequence[EarlierCost]:
    """The latest of the runs whose work was most alike."""
    best = max((_nearness(cost, work) for cost in costs), default=1.0)
    return [cost for cost in costs if _nearness(cost, work) >= 0.9 * best][-NEWEST:]


def _nearness(cost: EarlierCost, work: Work) -> float:
    """How much an earlier run says: 1 for up to `ALIKE` times as many pixels, less for more."""
    pairs = (
        (cost.images * cost.pixels, work.images * work.pixels),
        (cost.test_pixels, work.test_pixels),
    )
    apart = max(max(pair) / max(1.0, min(pair)) for pair in pairs)
    return 1.0 if apart <= ALIKE else 1 / (1 + log2(apart / ALIKE) / 2)


def _held_out(lot: Lot) -> float:
    """Maps of normal images that calibration takes, in maps of test images."""
    if not lot.normal or not lot.test_pixels:
        return 0.0
    images = min(lot.normal, MOST_CALIBRATED)
    return (images + painted(images)) * lot.normal_pixels / lot.test_pixels


def _mean_pixels(pictures: Sequence[Picture]) -> float:
    """Of those whose size is known, or else of a few that are decoded."""
    sizes = [one.facts.width * one.facts.height for one in pictures if one.facts is not None]
    if not sizes:
        step = max(1, len(pictures) // LOOKED_AT)
        few = pictures[::step][:LOOKED_AT]
        sizes = [image.shape[0] * image.shape[1] for image in _readable(few)]
    return fmean(sizes) if sizes else 0.0


def _readable(pictures: Sequence[Picture]) -> Iterator[Image]:
    """The images, without those that cannot be read; whoever runs methods says why."""
    for picture in pictures:
        with suppress(AnomalyError):
            yield picture.read()
