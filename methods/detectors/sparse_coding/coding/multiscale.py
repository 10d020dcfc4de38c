"""Dictionaries of several scales, and codes that use few of them."""

from typing import ClassVar, cast

import numpy as np

from images.colour import Image
from methods.detectors.sparse_coding.coding import indicators
from methods.detectors.sparse_coding.coding.group_solver import GroupCodes, encode_groups
from methods.detectors.sparse_coding.coding.indicators import Indicators
from methods.detectors.sparse_coding.coding.model import SparseCodingModel
from methods.detectors.sparse_coding.coding.parameters import MultiscaleParameters
from methods.detectors.sparse_coding.coding.solver import Codes
from methods.features.patch_features import Patches
from methods.patches.patch_detector import NormalPatches
from methods.progress import Progress, span


class MultiscaleModel(SparseCodingModel):
    """Codes over the dictionaries D_1 ... D_m of m scales, side by side in D,

        a = argmin_a  1/2 ||s - D a||^2 + penalty ||a||_1 + group_penalty sum_g ||a_g||_2,

    where a_g weighs the atoms of D_g. The sum of the group norms is an indicator of its own.
    Source: Carrera, Boracchi, Foi and Wohlberg, ICIP 2016.
    """

    params: MultiscaleParameters
    coding_names: ClassVar[tuple[str, ...]] = (*indicators.CODING, indicators.GROUP)

    def encode(self, patches: Patches) -> Codes:
        dictionaries = np.split(self.dictionary_, self.params.scales)
        return encode_groups(patches, dictionaries, self.params.penalty, self.params.group_penalty)

    def _learn(
        self, learning: NormalPatches, rng: np.random.Generator, progress: Progress
    ) -> Patches:
        share = 1 / self.params.scales
        dictionaries = [super()._learn(learning, rng, span(progress, 0.0, share))]
        for scale in range(1, self.params.scales):
            learning = learning.mapped(halved)
            part = span(progress, scale * share, (scale + 1) * share)
            sample = learning.sample(self.params.training_patches, rng, span(part, 0.0, 0.15))
            dictionaries.append(self._dictionary_of(sample, rng, span(part, 0.15, 1.0)))
        return np.concatenate(dictionaries)

    def _coding_indicators(self, codes: Codes) -> Indicators:
        group_norm = indicators.of_group_norm(cast(GroupCodes, codes))
        return np.concatenate([super()._coding_indicators(codes), group_norm], axis=1)


def halved(image: Image) -> Image:
    """The image at half its size: means of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = (length // 2 for length in image.shape[:2])
    blocks = image[: 2 * height, : 2 * width].reshape(height, 2, width, 2, *image.shape[2:])
    return blocks.mean(axis=(1, 3))
