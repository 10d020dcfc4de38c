"""Anomalies as patches that a dictionary of normal ones codes in an unusual way."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from methods.detector import Panel
from methods.detectors.sparse_coding.coding.parameters import SparseCodingParameters
from methods.features.patch_features import PatchFeatures
from methods.features.raw import RawPatches
from methods.measured import Measured
from methods.patches.patch_detector import PatchDetector
from methods.registry import register

if TYPE_CHECKING:
    from methods.detectors.sparse_coding.coding.model import SparseCodingModel


@register
class SparseCoding(PatchDetector):
    """Sparse codes of raw patches over a learned dictionary."""

    name = "sparse-coding"
    title = "Sparse coding"
    summary = (
        "Reconstructs each patch from a few atoms of a dictionary learned from normal patches. "
        "The score is how rare its reconstruction error, l1 norm and texture are. It misses "
        "defects that look like another normal patch, such as a part in the wrong place."
    )
    choose = "You want no pretrained network, and to see the atoms that were used."
    measured = Measured(0.962, 0.950, 8.8, 0.35, fixed=0.9, fixed_from=3e6, first_loading=15)
    reference = (
        "Carrera, Manganini, Boracchi and Lanzarone, Defect detection in SEM images of "
        "nanofibrous materials, IEEE Transactions on Industrial Informatics 2017"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 8.8 s, inference 0.35 s per image, "
        "on two cores."
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"atoms": 128, "stride": 5, "training_patches": 20_000, "epochs": 1},
        "published": {"indicators": "coding", "surroundings": 0, "stride": 1, "smoothing": 0.0},
        "thorough": {"atoms": 512, "stride": 1, "training_patches": 160_000},
    }
    not_exported = (
        "it solves an optimisation problem for every patch, in as many steps as the patch needs"
    )
    Params: ClassVar[type[SparseCodingParameters]] = SparseCodingParameters
    params: SparseCodingParameters

    model_: "SparseCodingModel"

    def warm_up(self) -> None:
        little = {"training_patches": 200, "density_patches": 200, "components": 1, "epochs": 1}
        side = 4 * self.params.window
        noise = np.random.default_rng(0).random((side, side), dtype=np.float32)
        small = type(self)(self.params.model_copy(update={**little, "atoms": 8}))
        small.fit([noise]).score_map(noise)

    def _features(self) -> PatchFeatures:
        return RawPatches(self.params.window, self.params.stride, self.params.surroundings)

    def _model(self) -> "SparseCodingModel":
        from methods.detectors.sparse_coding.coding.model import SparseCodingModel

        return SparseCodingModel(self.params)

    def _smoothing(self) -> float:
        return self.params.smoothing

    def _learned(self) -> tuple[Panel, ...]:
        return self.model_.pictures()
