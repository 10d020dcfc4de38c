"""A detector: how far a pixel is from the mean brightness of normal images."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from images.colour import Image, to_grey
from methods.detector import Array, Detector, Explanation
from methods.parameters import Parameters
from methods.patches.grid import ScoreMap
from methods.progress import Progress


class BrightnessParameters(Parameters):
    gain: float = Field(1.0, gt=0, le=10, title="Gain", description="By which scores grow.")


class Brightness(Detector):
    name = "plugin-brightness"
    title = "Brightness of the plug-in"
    summary = "Scores the distance to the mean brightness. Blind to defects of that brightness."
    reference = "None."
    Params = BrightnessParameters
    params: BrightnessParameters

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        self.mean_ = float(np.mean([to_grey(image).mean() for image in images]))

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        return self.params.gain * np.abs(to_grey(image) - np.float32(self.mean_))

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        return Explanation(float(self.score_map(image)[row, col]), "It is as bright as that.")

    def _state(self) -> dict[str, Array]:
        return {"mean": np.array(self.mean_)}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.mean_ = float(arrays["mean"])
