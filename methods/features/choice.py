"""Detectors whose model goes with any features: the choice of what describes a patch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from images.colour import Image
from images.on_demand import selected
from methods.detector import Array
from methods.effort import FREE, Effort, takes_by
from methods.features import registry
from methods.features.aligned import PositionMeans
from methods.features.copies import FEW, TURNS, Copies, normal_turns, with_copies
from methods.features.magnification import Detail
from methods.features.network import StageNumber
from methods.features.patch_features import PatchFeatures
from methods.parameters import Parameters, smoothing_field
from methods.patches.even_border import EvenBorder
from methods.patches.grid import mean_of_highest
from methods.patches.patch_detector import PatchDetector, PatchModel
from methods.progress import Progress, span
from methods.search import one_of

if TYPE_CHECKING:
    FeatureName = str
else:
    FeatureName = Literal[registry.names()]


def feature_field(default: FeatureName) -> Any:
    """The field that chooses the features, with a default of a detector's own."""
    summaries = [kind.summary for kind in registry.KINDS.entries()]
    return Field(
        default,
        title="Features",
        description=f"How a patch is described: {', '.join(summaries[:-1])}, or {summaries[-1]}. "
        "The network has its own parameters; patch size and stride apply to the others only.",
    )


class _Choice(Parameters):
    """Stands alone so that the choice comes first in a form."""

    features: FeatureName = feature_field("network")


if TYPE_CHECKING:
    _Joined = _Choice
else:
    _Joined = type("_Joined", (*registry.joined_parameters(), _Choice), {"__module__": __name__})
    registry.KINDS.close("register it before the first detector is imported, or as a plug-in")


TOP = 0.01
"""Share of the pixels whose mean is the score of an image when images are trimmed."""


class FeatureParameters(_Joined):
    """The features of a detector, the parameters of each kind of them, and the smoothing.

    The kinds are those that are registered when this module is imported.
    """

    smoothing: float = smoothing_field(4.0)

    def unused(self) -> frozenset[str]:
        used = self.kind.Params.model_fields
        others = (kind.Params.model_fields for kind in registry.KINDS.entries())
        return super().unused() | frozenset().union(*others).difference(used)

    def effort(self) -> Effort:
        if "backbone" in self.unused():
            return Parameters.effort(self)
        return super().effort()

    def pixel_share(self, details: Sequence[Detail]) -> float:
        return 1.0 if "short_side" in self.unused() else super().pixel_share(details)

    @property
    def kind(self) -> registry.FeatureKind:
        """The kind of features asked for."""
        return registry.get(self.features)

    def patch_features(self) -> PatchFeatures:
        """The features asked for; raises `DetectorError` when they cannot be had."""
        return self.kind.features(self)


class PatchModelParameters(FeatureParameters):
    """The features of a model of how normal patches are spread."""

    stages: tuple[StageNumber, ...] = Field(
        (3, 4, 5, 6),
        min_length=1,
        title="Stages",
        description="Network stages whose activations are used, separated by commas. Stage 1 is "
        "the stem. Later stages have a larger field of view and a coarser grid. The "
        "default was chosen by AUROC on test images of eight sets; without stage 6, "
        "score maps are a little sharper. Without stages 3 and 4 the grid is coarser and inference "
        "faster.",
        json_schema_extra=one_of("3,4,5,6", "3,4,5", "4,5,6", "3,4", "4,5", "4,6") | FREE,
    )


OUTLYING = 3.5
"""Robust standard deviations above the median from which a score is an outlier (Iglewicz and
Hoaglin, How to detect and handle outliers, 1993)."""
TRIMMED = 2.5
"""How many times as long training takes that leaves images out."""


class TrimParameters(Parameters):
    """For normal images of which some may be defective."""

    def effort(self) -> Effort:
        effort = super().effort()
        return replace(effort, training=TRIMMED * effort.training) if self.trim else effort

    trim: float = Field(
        0.0,
        ge=0,
        lt=0.5,
        title="Trim",
        description="Maximum proportion of the normal images that are left out of training, for "
        "sets in which some may be defective: those whose scores, by a model of other images, "
        f"lie more than {OUTLYING} robust standard deviations above the median. Training then "
        "takes two to three times as long.",
        json_schema_extra=FREE,
    )


class CopiesParameters(Parameters):
    """For sets with few normal images."""

    copies: Copies = Field(
        "none",
        title="Copies",
        description="Whether turned and mirrored copies of the normal images are used for training "
        f"too: none, all, or automatically, which is with at most {FEW} images the copies that "
        "look as normal as the images to a model that saw neither. Measured on PaDiM with 1 or 2 "
        "images, all copies raised the pixel AUROC of a wire grid by 0.04 to 0.30, changed that of "
        "leather and brick by less than 0.005 and lowered that of circuit boards by up to 0.03.",
        json_schema_extra=takes_by(training={"turned": 8.0, "automatic": 8.0}),
    )


class FeatureDetector(PatchDetector):
    """A detector whose features a person chooses.

    One with `TrimParameters` leaves out normal images whose scores by a model of the other half of
    the images are outliers; one with `CopiesParameters` learns from turned copies too.
    """

    params: FeatureParameters

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        params = self.params
        trim = params.trim if isinstance(params, TrimParameters) else 0.0
        if most := round(trim * len(images)):
            scores = self._out_of_fold(images, span(progress, 0.0, 0.6))
            images = selected(images, without_outliers(scores, most))
            progress = span(progress, 0.6, 1.0)
        turns, progress = self._turns(images, progress)
        super()._fit(with_copies(images, turns), progress)

    def _turns(self, images: Sequence[Image], progress: Progress) -> tuple[Sequence[str], Progress]:
        """The turns whose copies are learned too, and the progress that is left."""
        params = self.params
        self.chosen_turns_: tuple[str, ...] | None = None
        if not isinstance(params, CopiesParameters) or "copies" in params.unused():
            return (), progress
        if params.copies == "turned":
            return tuple(TURNS), progress
        if params.copies == "none" or len(images) > FEW:
            return (), progress
        self.chosen_turns_ = normal_turns(self._judge, images, span(progress, 0.0, 0.4))
        return self.chosen_turns_, span(progress, 0.4, 1.0)

    def _warnings(self) -> tuple[str, ...]:
        if self.chosen_turns_ is None:
            return ()
        if not self.chosen_turns_:
            return ("No turned or mirrored copy of the normal images looks normal; none was used.",)
        listed = ", ".join(self.chosen_turns_)
        return (f"Trained also on copies of the normal images that look normal: {listed}.",)

    def _state(self) -> dict[str, Array]:
        if self.chosen_turns_ is None:
            return super()._state()
        numbers = [list(TURNS).index(turn) for turn in self.chosen_turns_]
        return {**super()._state(), "turns": np.array(numbers, dtype=np.uint8)}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.chosen_turns_ = None
        if "turns" in arrays:
            self.chosen_turns_ = tuple(list(TURNS)[number] for number in arrays["turns"].tolist())
        super()._restore(arrays)

    def _judge(self) -> Self:
        """A detector with the same parameters that takes the images as they are."""
        plain = {"trim": 0.0, "copies": "none"}.items()
        known = {name: value for name, value in plain if name in self.Params.model_fields}
        judge = type(self)({**self.params.model_dump(), **known}, seed=self.seed)
        judge.remember(self._store)
        return judge

    def _out_of_fold(self, images: Sequence[Image], progress: Progress) -> NDArray[np.float64]:
        """The score (n,) of each image by a model of the other half.

        It is the mean of the highest `TOP` of its map.
        """
        scores = np.empty(len(images))
        for half in (0, 1):
            share = span(progress, half / 2, (half + 1) / 2)
            judge = self._judge().fit(images[half::2], progress=span(share, 0.0, 0.6))
            others = range(1 - half, len(images), 2)
            for done, at in enumerate(others):
                scores[at] = mean_of_highest(judge.score_map(images[at]), TOP)
                span(share, 0.6, 1.0)((done + 1) / len(others))
        return scores

    def _features(self) -> PatchFeatures:
        return self.params.patch_features()

    def _smoothing(self) -> float:
        return self.params.smoothing

    def _position_means(self) -> PositionMeans | None:
        return self.params.kind.position_means(self.params)

    def _evened(self, model: PatchModel, images: int | None = None) -> PatchModel:
        """The model, with scores that mean the same near the border where its features differ.

        `images` is the number of images that are scored for that; None for all.
        """
        border = self._features().border
        return EvenBorder(model, border, images) if border else model


def without_outliers(scores: NDArray[np.float64], most: int) -> list[int]:
    """The places of all scores but the highest, `most` at most, that are outliers.

    An outlier is more than `OUTLYING` robust standard deviations, 1.4826 times the median absolute
    deviation, above the median. A normal image that only looks rare is needed in training: without
    it, what looks like it is flagged.
    """
    median = np.median(scores)
    deviation = 1.4826 * np.median(np.abs(scores - median))
    order = np.argsort(-scores, kind="stable")
    out = [at for at in order[:most].tolist() if scores[at] > median + OUTLYING * deviation]
    return sorted(set(range(len(scores))).difference(out))
