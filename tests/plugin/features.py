"""Features: the raw patches of the image, or of its negative."""

import numpy as np
from pydantic import Field

from images.colour import Image
from methods.features.raw import RawPatches, RawPatchParameters
from methods.features.registry import FeatureKind


class NegativeParameters(RawPatchParameters):
    negative_share: float = Field(
        1.0, ge=0, le=1, title="Negative share", description="How much of the negative is mixed in."
    )


class NegativePatches(RawPatches):
    def __init__(self, window: int, stride: int, share: float) -> None:
        super().__init__(window, stride)
        self.share = share

    def _brightness(self, image: Image) -> Image:
        grey = super()._brightness(image)
        return np.asarray(grey + self.share * (1 - 2 * grey), dtype=np.float32)


class NegativeKind(FeatureKind):
    name = "negative"
    summary = "its pixels in negative"
    Params = NegativeParameters

    def features(self, params: NegativeParameters) -> NegativePatches:
        return NegativePatches(params.window, params.stride, params.negative_share)
