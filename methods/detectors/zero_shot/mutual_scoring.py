"""Mutual scoring of the test images: its parameters and its parts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from images.colour import Image
from images.on_demand import selected
from methods.detector import Array, DetectorError, ImageJudgement, Need, digest
from methods.effort import FREE, takes
from methods.features.choice import TOP, FeatureDetector, PatchModelParameters
from methods.features.neighbourhoods import Neighbourhoods
from methods.features.network import StageNumber
from methods.features.patch_features import Band, PatchFeatures
from methods.features.remembered import FeatureStore
from methods.measured import Measured
from methods.models.mutual import MutualScores
from methods.models.similar_images import SimilarImages
from methods.patches.even_border import EvenBorder
from methods.patches.grid import ScoreMap, mean_of_highest
from methods.patches.patch_detector import PatchModel
from methods.patches.reduction import Reduction, WhitenedParameters
from methods.progress import Progress, no_progress, span
from methods.registry import register

EVENED = 30
"""Images whose scores show what is usual near the border of an image."""

Whole = tuple[float, NDArray[np.float32]]
"""The score of an image by its map, and the mean (d,) of its reduced patches."""


class MutualScoringParameters(WhitenedParameters, PatchModelParameters):
    stages: tuple[StageNumber, ...] = Field(
        (3, 4, 5),
        min_length=1,
        title="Stages",
        description="Network stages whose activations are used, separated by commas. Later stages "
        "have a larger field of view and a coarser grid.",
    )
    share: float = Field(
        0.3,
        gt=0,
        le=1,
        title="Share of images",
        description="The proportion of the other images, the most similar ones, whose distances "
        "are averaged (published: 0.3). It must be lower than the proportion of images that are "
        "normal at a given place.",
        json_schema_extra=FREE,
    )
    images: int = Field(
        60,
        ge=2,
        le=10_000,
        title="Images compared",
        description="Each image is compared with at most so many others, drawn at random.",
        json_schema_extra=FREE,
    )
    dimensions: int = Field(
        130,
        ge=1,
        le=4096,
        title="Dimensions",
        description="Maximum number of dimensions after the reduction. On nanofibre micrographs "
        "130 ranked pixels like 200, and 64 worse.",
        json_schema_extra=takes(inference=1, of_inference=0.5),
    )
    budget: int = Field(
        6_000,
        ge=100,
        le=1_000_000,
        title="Patches compared",
        description="Patches kept of all compared images together.",
        json_schema_extra=takes(inference=1, of_inference=0.5),
    )
    neighbourhoods: int = Field(
        1,
        ge=1,
        le=4,
        title="Neighbourhoods",
        description="Sizes of neighbourhoods over which features are averaged, of 1, 3, 5 and 7 "
        "cells on a side; the score is the mean over them (published: 3). On eight sets 3 changed "
        "the pixel AUROC by -0.019 to +0.003 and the image AUROC by -0.083 to 0.",
        json_schema_extra=takes(inference=1, of_inference=0.5),
    )
    neighbours: int = Field(
        0,
        ge=0,
        le=100,
        title="Neighbour images",
        description="The score of an image is averaged with those of so many of the most similar "
        "other images (published: 2); 0 for the score of its map. Training then takes the time of "
        "scoring all images. On seven sets 1 changed the image AUROC by -0.045 to +0.028.",
    )


@register
class MutualScoring(FeatureDetector):
    """How unlike a patch is to the patches of the other test images."""

    name = "mutual-scoring"
    title = "Mutual scoring"
    summary = (
        "Needs no normal images: compares each test image with the other test images, patch by "
        "patch. The score is the distance to the most similar of them. It misses a defect that "
        "most images have, and cannot judge a single image."
    )
    choose = "There are no normal images, and several test images."
    measured = Measured(0.968, 0.994)
    reference = (
        "Li, Huang, Xue and Zhou, MuSc: zero-shot industrial anomaly classification and "
        "segmentation with mutual scoring of the unlabeled images, ICLR 2024"
    )
    needs: ClassVar[tuple[Need, ...]] = ("test images",)
    not_exported = "it compares test images with each other and has no model of normal images"
    Params = MutualScoringParameters
    params: MutualScoringParameters
    _last: tuple[bytes, Whole] | None = None

    def _model(self) -> PatchModel:
        scores = MutualScores(
            [
                Reduction(self.params.reduction, self.params.dimensions)
                for _ in range(self.params.neighbourhoods)
            ],
            self.params.images,
            self.params.budget,
            self.params.share,
        )
        return self._evened(scores, EVENED)

    def _composed(self, store: FeatureStore | None) -> PatchFeatures:
        features = super()._composed(store)
        if self.params.neighbourhoods == 1:
            return features
        return Neighbourhoods(features, range(1, 2 * self.params.neighbourhoods, 2))

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        seen: dict[bytes, int] = {}
        for index, own in enumerate(self._digests):
            seen.setdefault(own, index)
        if len(seen) < 2:
            raise DetectorError(
                f"{self.name} compares images with each other; expected at least 2 different "
                f"test images, found {len(seen)}."
            )
        self.digests_ = np.array([list(each) for each in seen], dtype=np.uint8)
        different = selected(images, list(seen.values()))
        self.similar_: SimilarImages | None = None
        self._last = None
        if not self.params.neighbours:
            super()._fit(different, progress)
            return
        super()._fit(different, span(progress, 0.0, 0.3))
        self.similar_ = self._similar(different, span(progress, 0.3, 1.0))

    def _showing_positions(self, images: Sequence[Image]) -> Sequence[Image]:
        """As many as are compared, spread evenly over all: a pass over all takes as long as
        scoring."""
        places = np.linspace(0, len(images) - 1, min(self.params.images, len(images)))
        return selected(images, places.round().astype(np.int64).tolist())

    def _similar(self, images: Sequence[Image], progress: Progress) -> SimilarImages:
        """The scores and descriptions of the images that are compared with each other."""
        scored = []
        for index in range(len(images)):
            share = span(progress, index / len(images), (index + 1) / len(images))
            scored.append(self._whole(images[index], share))
        scores, descriptions = zip(*scored, strict=True)
        return SimilarImages(np.array(scores, dtype=np.float32), np.stack(descriptions))

    def _whole(self, image: Image, progress: Progress) -> Whole:
        """The score and the description of an image; those of the last are kept."""
        key = digest(image)
        if self._last is None or self._last[0] != key:
            self._score_map(image, progress)
        assert self._last is not None
        return self._last[1]

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        scores = super()._score_map(image, progress)
        if self.params.neighbours:
            whole = mean_of_highest(scores, TOP), self._description
            self._last = digest(image), whole
        return scores

    def _bands(self, image: Image) -> Iterator[Band]:
        if not self.params.neighbours:
            yield from super()._bands(image)
            return
        sums = []
        for band in super()._bands(image):
            reduced = self._scores_of(self.model_).reduced(band.patches)[0]
            sums.append(reduced.sum(axis=0, dtype=np.float64))
            yield band
        cells = band.grid.shape[0] * band.grid.shape[1]
        self._description = (np.sum(sums, axis=0) / cells).astype(np.float32)

    def _judge_image(self, image: Image) -> ImageJudgement | None:
        if self.similar_ is None:
            return None
        score, description = self._whole(image, no_progress)
        own = self._place(image)
        return ImageJudgement(
            self.similar_.rescored(score, description, self.params.neighbours, own)
        )

    def _model_for(self, image: Image) -> PatchModel:
        own, model = self._place(image), self.model_
        if own is None:
            return model
        apart = self._scores_of(model).without(own)
        return model.of(apart) if isinstance(model, EvenBorder) else apart

    def _place(self, image: Image) -> int | None:
        """The number of an image among those that are compared; None for another image."""
        same = (self.digests_ == np.frombuffer(digest(image), np.uint8)).all(axis=1)
        return int(same.argmax()) if same.any() else None

    @staticmethod
    def _scores_of(model: PatchModel) -> MutualScores:
        scores = model.model if isinstance(model, EvenBorder) else model
        assert isinstance(scores, MutualScores)
        return scores

    def _state(self) -> dict[str, Array]:
        similar = self.similar_.state() if self.similar_ is not None else {}
        return {**super()._state(), "digests": self.digests_, **similar}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.digests_ = arrays["digests"]
        self.similar_ = SimilarImages.restored(arrays) if self.params.neighbours else None
        super()._restore(arrays)
