"""Mutual scoring of the test images: its parameters and its two parts."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from pydantic import Field

from images.colour import Image
from images.on_demand import selected
from methods.detector import Array, DetectorError, Need, digest
from methods.effort import FREE, takes
from methods.features.choice import FeatureDetector, PatchModelParameters
from methods.features.network import StageNumber
from methods.measured import Measured
from methods.models.mutual import MutualScores
from methods.patches.even_border import EvenBorder
from methods.patches.patch_detector import PatchModel
from methods.patches.reduction import Reduction, WhitenedParameters
from methods.progress import Progress
from methods.registry import register

EVENED = 30
"""Images whose scores show what is usual near the border of an image."""


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

    def _model(self) -> PatchModel:
        scores = MutualScores(
            Reduction(self.params.reduction, self.params.dimensions),
            self.params.images,
            self.params.budget,
            self.params.share,
        )
        return self._evened(scores, EVENED)

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
        super()._fit(selected(images, list(seen.values())), progress)

    def _model_for(self, image: Image) -> PatchModel:
        same = (self.digests_ == np.frombuffer(digest(image), np.uint8)).all(axis=1)
        model = self.model_
        if not same.any():
            return model
        scores = model.model if isinstance(model, EvenBorder) else model
        assert isinstance(scores, MutualScores)
        apart = scores.without(int(same.argmax()))
        return model.of(apart) if isinstance(model, EvenBorder) else apart

    def _state(self) -> dict[str, Array]:
        return {**super()._state(), "digests": self.digests_}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.digests_ = arrays["digests"]
        super()._restore(arrays)
