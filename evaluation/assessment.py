"""The evaluation of one method's score maps: rankings, metrics, thresholds, decisions.

An assessment reads the maps from the comparison's folder and caches its results, so that
asking again costs nothing and no detector runs a second time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaluation.comparison.comparison import Comparison, MethodResult
from evaluation.decisions.calibration import FoundRate, found_rates
from evaluation.decisions.confusion import Confusion, image_confusion, pixel_confusion
from evaluation.decisions.image_scores import OWN_SCORE, ImageScore
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing, decide
from evaluation.decisions.pooled_scores import PooledScores
from evaluation.decisions.rules.conformal import p_values
from evaluation.decisions.rules.working_points import WorkingPoint, working_points
from evaluation.decisions.thresholds import (
    DEFAULT_RATE,
    DEFAULT_RULE,
    LEVELS,
    RULE_WITHOUT_NORMAL,
    Evidence,
    Level,
    Quantity,
    Threshold,
    rule,
)
from evaluation.metrics.curves import (
    Curve,
    Ranking,
    Scores,
    precision_recall_curve,
    rank,
    roc_curve,
    thin,
)
from evaluation.metrics.metrics import Metrics, Protocol, Rankings, metrics_of
from evaluation.metrics.open_set import Recognised
from evaluation.metrics.regions import PixelRanking, pro_curve, rank_pixels
from evaluation.metrics.truth import Truth, Truths, known_labels
from evaluation.metrics.uncertainty import Resampled, resample, tally_images, tally_pixels
from evaluation.report.display import DisplayRange, display_range
from methods.detector import ImageJudgement
from methods.patches.grid import ScoreMap


@dataclass(frozen=True)
class Assessment:
    """One method of a comparison, judged under a protocol."""

    result: MethodResult
    truths: Sequence[Truth]
    """Of the test images, in the order of the data set."""
    normal_truths: Sequence[Truth]
    """Of the calibrated normal images: nothing defective, and the region of interest."""
    calibration_text: str
    """Where the scores of normal images come from."""
    protocol: Protocol = field(default_factory=Protocol)

    @cached_property
    def labels(self) -> tuple[bool | None, ...]:
        """Whether each test image is defective; None when that is unknown."""
        return tuple(truth.defective for truth in self.truths)

    @cached_property
    def image_scores(self) -> Scores:
        """A score (n,) for every test image: the detector's own where it gives one, else by the
        protocol from its map."""
        if self.has_own_score:
            return np.array([each.score for each in self.result.judged], dtype=np.float32)
        return self.protocol.image_score.of_all(self.result.maps, self.truths)

    @cached_property
    def recognised(self) -> Recognised | None:
        """What a classifier makes of the test images that are of a known class or of none.

        None from a detector that knows no classes.
        """
        chosen = [at for at, each in enumerate(self.truths) if each.known_class or each.defective]
        return _recognised(self.result.judged, self.truths, chosen, self.image_scores)

    @cached_property
    def normal_recognised(self) -> Recognised | None:
        """The same of the normal images, each by a model that was not trained on it."""
        if not self.has_own_score:
            return None
        chosen = range(len(self.normal_truths))
        scores = self.normal_image_scores
        return _recognised(self.result.normal_judged, self.normal_truths, chosen, scores)

    @cached_property
    def normal_image_scores(self) -> Scores:
        """A score (n,) for every normal image, from a model that was not trained on it."""
        if self.has_own_score:
            return np.array([each.score for each in self.result.normal_judged], dtype=np.float32)
        return self.protocol.image_score.of_all(self.result.normal_maps, self.normal_truths)

    @cached_property
    def pixel_ranking(self) -> PixelRanking:
        """All test pixels with known ground truth, in order; about a second for 30 million."""
        return rank_pixels(self.result.maps, self.truths)

    @cached_property
    def image_ranking(self) -> Ranking:
        """The test images that are known to be defective or normal, in order."""
        known, defective = known_labels(self.labels)
        return rank(self.image_scores[known], defective[known])

    @cached_property
    def metrics(self) -> Metrics:
        """All metrics, None with a reason where one has no value."""
        return metrics_of(Rankings(self.pixel_ranking, self.image_ranking), self.protocol)

    @cached_property
    def resampled(self) -> Resampled:
        """All metrics on a thousand bootstrap samples of the test images, for intervals and
        differences.

        Reads each map once; about two seconds for 30 million pixels.
        """
        return resample(
            tally_pixels(self.result.maps, self.truths, self.pixel_ranking),
            tally_images(self.image_scores, self.labels),
            self.labels,
            self.metrics,
            self.protocol,
        )

    @cached_property
    def working_points(self) -> tuple[WorkingPoint, ...]:
        """The six thresholds T1 to T6 on the highest and the mean score of an image.

        Raises `Undefined` when there is no normal score.
        """
        return working_points(self.normal_quantities, self.test_quantities, self.labels)

    @cached_property
    def test_quantities(self) -> Mapping[Quantity, Scores]:
        """The highest and the mean score (n,) of every test image."""
        return highest_and_mean(self.result.maps, self.truths)

    @cached_property
    def normal_quantities(self) -> Mapping[Quantity, Scores]:
        """The highest and the mean score (n,) of every normal image."""
        return highest_and_mean(self.result.normal_maps, self.normal_truths)

    @cached_property
    def test_medians(self) -> Scores:
        """The middle score (n,) of every test image; a small defect does not move it."""
        return _medians(self.result.maps, self.truths)

    @cached_property
    def normal_medians(self) -> Scores:
        """The middle score (n,) of every normal image."""
        return _medians(self.result.normal_maps, self.normal_truths)

    @cached_property
    def normal_pixels(self) -> PooledScores:
        """The scores of all pixels of normal images."""
        return PooledScores.of_pixels(self.result.normal_maps, self.normal_truths)

    @cached_property
    def test_pixels(self) -> PooledScores:
        """The scores of all pixels of test images."""
        return PooledScores.of_pixels(self.result.maps, self.truths, "test")

    @property
    def has_own_score(self) -> bool:
        """Whether the detector gives image scores of its own."""
        judged, normal = self.result.judged, self.result.normal_judged
        return bool(judged) and len(normal) == len(self.normal_truths)

    @property
    def image_score_text(self) -> str:
        """Where the score of an image comes from, in a few words."""
        return OWN_SCORE if self.has_own_score else self.protocol.image_score.text()

    @property
    def has_normal(self) -> bool:
        """Whether there are normal images, on which thresholds are set."""
        return bool(len(self.normal_truths))

    @property
    def default_rule(self) -> str:
        """The rule that sets thresholds until a person chooses another."""
        return DEFAULT_RULE if self.has_normal else RULE_WITHOUT_NORMAL

    @cached_property
    def usual_score(self) -> float:
        """Where the colour scale starts: the middle score of all normal pixels, or of all test
        pixels where there are no normal images."""
        return (self.normal_pixels if self.has_normal else self.test_pixels).median()

    @cached_property
    def extent(self) -> tuple[float, float]:
        """The lowest and the highest score of the test maps; reads each once."""
        ends = [(float(scores.min()), float(scores.max())) for scores in self.result.maps]
        lowest = min((low for low, _ in ends), default=0.0)
        return lowest, max((high for _, high in ends), default=0.0)

    @cached_property
    def normal_images(self) -> PooledScores:
        """The scores of all normal images."""
        return PooledScores.of_images(self.normal_image_scores)

    @cached_property
    def test_images(self) -> PooledScores:
        """The scores of all test images."""
        return PooledScores.of_images(self.image_scores, "test")

    @cached_property
    def items(self) -> Mapping[Level, tuple[int, int]]:
        """How many pixels and images are known to be defective, and how many to be normal."""
        rankings: dict[Level, Ranking] = {level: self.ranking(level) for level in LEVELS}
        return {level: (one.positives, one.negatives) for level, one in rankings.items()}

    @cached_property
    def peaks(self) -> Scores:
        """The highest score in every defect region."""
        return self.pixel_ranking.peaks

    def ranking(self, level: Level) -> Ranking:
        """The ranking of pixels or of images."""
        return self.pixel_ranking if level == "pixel" else self.image_ranking

    def roc(self, level: Level) -> Curve:
        """The ROC curve, thinned to be drawn; raises `Undefined` with one class only."""
        return self._once(("ROC", level), lambda: thin(roc_curve(self.ranking(level))))

    def precision_recall(self, level: Level) -> Curve:
        """The precision-recall curve, thinned to be drawn; raises `Undefined`."""
        key = ("precision and recall", level)
        return self._once(key, lambda: thin(precision_recall_curve(self.ranking(level))))

    def pro(self) -> Curve:
        """The PRO curve, thinned to be drawn; raises `Undefined`."""
        return self._once(("PRO", "pixel"), lambda: thin(pro_curve(self.pixel_ranking)))

    def _once(self, key: tuple[str, Level], make: Callable[[], Curve]) -> Curve:
        if key not in self.curves:
            self.curves[key] = make()
        return self.curves[key]

    @cached_property
    def curves(self) -> dict[tuple[str, Level], Curve]:
        """The curves that were asked for, by what they are; pages ask for them again and again."""
        return {}

    def threshold(
        self, name: str, level: Level, *, false_positive_rate: float = DEFAULT_RATE
    ) -> Threshold:
        """The threshold that a rule sets; raises `Undefined` where it sets none.

        `name` is one of `thresholds.RULES`; the rate is used by the rules that want one.
        """
        chosen = rule(name)
        value = self._set_by(name, level, false_positive_rate)
        if chosen.uses_labels:
            return Threshold(value, chosen, "the labelled test images")
        if chosen.unlabelled:
            return Threshold(value, chosen, "the test images, without their labels")
        return Threshold(value, chosen, self.calibration_text)

    def _set_by(self, name: str, level: Level, rate: float) -> float:
        key = (name, level, rate)
        if key not in self.set_by_rules:
            evidence = Evidence(
                self.normal_pixels if level == "pixel" else self.normal_images,
                self.test_pixels if level == "pixel" else self.test_images,
                lambda: self.ranking(level),
                {
                    kind: scores
                    for kind, scores in self.normal_quantities.items()
                    if self._is_score_of(level, kind)
                },
            )
            self.set_by_rules[key] = rule(name).compute(evidence, rate)
        return self.set_by_rules[key]

    @cached_property
    def set_by_rules(self) -> dict[tuple[str, Level, float], float]:
        """The thresholds that were asked for, by rule, level and target rate."""
        return {}

    @cached_property
    def p_values(self) -> NDArray[np.float64]:
        """The conformal p-value (n,) of every test image; see `rules.conformal.p_values`."""
        return p_values(self.normal_image_scores, self.image_scores)

    @cached_property
    def found_rates(self) -> tuple[FoundRate, ...]:
        """What share of the good test images is flagged at each target rate; reads maps once."""

        def threshold(level: Level, rate: float) -> float:
            return self.threshold("normal-quantile", level, false_positive_rate=rate).value

        return found_rates(
            self.result.maps, self.truths, self.image_scores, self.normal_images, threshold
        )

    def _is_score_of(self, level: Level, quantity: Quantity) -> bool:
        """Whether a threshold on a quantity of images can decide about items of a level.

        The highest score of an image reaches a threshold exactly when one of its pixels does.
        """
        if level == "pixel":
            return quantity == "max"
        return not self.has_own_score and self.protocol.image_score == ImageScore(quantity)

    def confusion(
        self,
        threshold: float,
        level: Level,
        processing: PostProcessing = NO_PROCESSING,
        *,
        weak_threshold: float | None = None,
    ) -> Confusion:
        """What a threshold decides on the test items with known ground truth.

        Pixels are counted in one pass over the maps, after post-processing of the masks; images are
        judged by their scores alone.
        """
        if level == "image":
            return image_confusion(self.image_scores, self.labels, threshold)
        return pixel_confusion(
            self.result.maps,
            self.truths,
            lambda scores, counted: decide(
                scores, threshold, processing, weak_threshold=weak_threshold, counted=counted
            ),
        )

    def regions_found(self, threshold: float) -> float | None:
        """Share of the defect regions with a pixel at or above a threshold; None without any."""
        return float(np.mean(self.peaks >= threshold)) if len(self.peaks) else None

    def display_range(self, threshold: float) -> DisplayRange:
        """The colour scale of the maps, with its middle at the threshold."""
        return display_range(self.usual_score, threshold)


def highest_and_mean(
    maps: Sequence[ScoreMap], truths: Sequence[Truth]
) -> Mapping[Quantity, Scores]:
    """The highest and the mean score (n,) of every map in its region of interest, read once."""
    scores: dict[Quantity, list[float]] = {"max": [], "mean": []}
    for one, truth in zip(maps, truths, strict=True):
        for kind, found in scores.items():
            found.append(ImageScore(kind).of(one, truth))
    return {kind: np.array(found, dtype=np.float32) for kind, found in scores.items()}


def _recognised(
    judged: Sequence[ImageJudgement], truths: Sequence[Truth], chosen: Sequence[int], scores: Scores
) -> Recognised | None:
    """What was made of the chosen images as a whole; None without logits."""
    if not any(each.logits for each in judged):
        return None
    some = [truths[at] for at in chosen]
    return Recognised.of(
        [each.known_class for each in some],
        [judged[at].logits for at in chosen],
        scores[list(chosen)],
        [each.name for each in some],
    )


def _medians(maps: Sequence[ScoreMap], truths: Sequence[Truth]) -> Scores:
    scores = (truth.of_counted(one) for one, truth in zip(maps, truths, strict=True))
    return np.array([np.median(each) for each in scores], dtype=np.float32)


def assess(
    comparison: Comparison, result: MethodResult, protocol: Protocol | None = None
) -> Assessment:
    """Judge one method of a comparison, under its own protocol unless another is given."""
    return Assessment(
        result,
        Truths(comparison.data.test),
        Truths(comparison.plan.calibrated),
        comparison.plan.text(result.folds),
        protocol or comparison.protocol,
    )
