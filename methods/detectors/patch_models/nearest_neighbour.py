"""The nearest-neighbour detector: its parameters and its two parts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from methods.effort import FREE, takes
from methods.features.choice import (
    CopiesParameters,
    FeatureDetector,
    PatchModelParameters,
    TrimParameters,
)
from methods.measured import Measured
from methods.models.neighbours import POOL, Memory, MemoryBank
from methods.patches.patch_detector import PatchModel
from methods.patches.reduction import Reduction, WhitenedParameters
from methods.registry import register
from methods.search import one_of, within


class NearestNeighbourParameters(
    CopiesParameters, TrimParameters, WhitenedParameters, PatchModelParameters
):
    memory: Memory = Field(
        "sample",
        title="Remembered",
        description="How normal patches are selected for the memory: at random, or as a coreset "
        "(as published). On nanofibre micrographs a random memory ranked pixels better than the "
        "coreset, which prefers unusual patches.",
        json_schema_extra=one_of("sample", "coreset"),
    )
    budget: float = Field(
        8.0,
        ge=0.01,
        le=2048,
        title="Budget, MB",
        description="Memory for patches. A patch takes 4 bytes per feature and 576 bytes for "
        "its picture, so 8 MB hold about 7,000 patches with the default features. "
        f"They are selected from {POOL:,} patches. Training time "
        "with a coreset grows with the budget.",
        json_schema_extra=takes(inference=1, of_inference=0.5),
    )
    neighbours: int = Field(
        1,
        ge=1,
        le=50,
        title="Neighbours",
        description="Number of neighbours used to weight a score by how rare the nearest normal "
        "patch is (published: 9). 1 turns weighting off.",
        json_schema_extra=within(1, 9) | FREE,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_clusters(cls, values: Any) -> Any:
        """Cluster centres were once a kind of memory here; the number of them counted for nothing
        with the other kinds, so files that were saved then still load."""
        if isinstance(values, Mapping):
            if values.get("memory") == "clusters":
                raise ValueError("memory is 'clusters'; choose the method clusters instead")
            values = {name: value for name, value in values.items() if name != "clusters"}
        return values


@register
class NearestNeighbour(FeatureDetector):
    """Distance of a patch to the nearest normal patch that is remembered."""

    name = "nearest-neighbour"
    title = "Nearest neighbour"
    summary = (
        "Stores a representative set of normal patches, described by a pretrained network. The "
        "score is the distance to the nearest one. It misses normal parts in the wrong place."
    )
    choose = "You want to see the nearest normal patch of each defect."
    measured = Measured(0.984, 0.993, 6.2, 1.1, fixed=0.1, features=0.4)
    reference = (
        "Roth, Pemula, Zepeda, Schoelkopf, Brox and Gehler, Towards total recall in industrial "
        "anomaly detection (PatchCore), CVPR 2022"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 6.2 s, inference 1.1 s per image, on "
        "two cores."
    )
    Params = NearestNeighbourParameters
    params: NearestNeighbourParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "published": {"memory": "coreset", "reduction": "none", "neighbours": 9},
    }

    def _model(self) -> PatchModel:
        bank = MemoryBank(
            Reduction(self.params.reduction, self.params.dimensions),
            self.params.memory,
            self.params.budget,
            self.params.neighbours,
        )
        return self._evened(bank)
