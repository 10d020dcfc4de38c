"""The nearest-neighbour detector: its parameters and its two parts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from methods.features.choice import FeatureDetector, PatchModelParameters
from methods.models.neighbours import POOL, Memory, MemoryBank
from methods.patches.patch_detector import PatchModel
from methods.patches.reduction import Reduction, WhitenedParameters
from methods.registry import register


class NearestNeighbourParameters(WhitenedParameters, PatchModelParameters):
    memory: Memory = Field(
        "sample",
        title="Remembered",
        description="Normal patches drawn at random; or chosen so that none is far from all of "
        "them, as published; or the centres of clusters. With whitened features the first had a "
        "pixel AUROC of 0.975 on nanofibre micrographs, the second, which seeks out the oddest, "
        "0.963.",
    )
    budget: float = Field(
        8.0,
        ge=0.01,
        le=2048,
        title="Budget, MB",
        description="Memory for patches: each takes 4 bytes a feature and 576 for its picture, so "
        "that 8 MB hold about 7,000 patches of the default features. They are chosen among "
        f"{POOL:,}; time to score, and to learn a coreset, grows with the budget.",
    )
    clusters: int = Field(
        500, ge=1, le=20_000, title="Clusters", description="Centres, where clusters are kept."
    )
    neighbours: int = Field(
        1,
        ge=1,
        le=50,
        title="Neighbours",
        description="Weights a score by how rare the nearest normal patch is itself, judged by "
        "that many of its neighbours (published: 9); 1 leaves it as it is.",
    )

    def unused(self) -> frozenset[str]:
        return super().unused() | {"budget" if self.memory == "clusters" else "clusters"}


@register
class NearestNeighbour(FeatureDetector):
    """Distance of a patch to the nearest normal patch that is remembered."""

    name = "nearest-neighbour"
    title = "Nearest neighbour"
    summary = (
        "Remembers normal patches that stand for all of them, described by a pretrained network, "
        "and scores the distance to the nearest one. Blind to a normal part in the wrong place."
    )
    reference = (
        "Roth, Pemula, Zepeda, Schoelkopf, Brox and Gehler, Towards total recall in industrial "
        "anomaly detection (PatchCore), CVPR 2022; with clusters: Napoletano, Piccoli and "
        "Schettini, Anomaly detection in nanofibrous materials by CNN-based self-similarity, "
        "Sensors 2018"
    )
    cost = "Learns from 5 images of 1024 x 700 in 2 s and scores one in 0.28 s, on two cores."
    Params = NearestNeighbourParameters
    params: NearestNeighbourParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "published": {"memory": "coreset", "reduction": "none", "neighbours": 9},
        "clusters": {"memory": "clusters", "reduction": "principal", "dimensions": 60},
    }

    def _model(self) -> PatchModel:
        bank = MemoryBank(
            Reduction(self.params.reduction, self.params.dimensions),
            self.params.memory,
            self.params.budget,
            self.params.clusters,
            self.params.neighbours,
        )
        return self._evened(bank)
