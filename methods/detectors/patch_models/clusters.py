"""The clusters detector: its parameters and its two parts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from methods.effort import FREE, takes
from methods.features.choice import FeatureDetector, PatchModelParameters
from methods.measured import Measured
from methods.models.clusters import ClusterModel, Entry
from methods.patches.patch_detector import PatchModel
from methods.patches.reduction import Kind, Reduction
from methods.registry import register
from methods.search import one_of, within


class ClusterParameters(PatchModelParameters):
    variance: float = Field(
        0.95,
        gt=0,
        le=1,
        title="Variance kept",
        description="Proportion of the variance of normal patches that the principal components "
        "explain. Features are first divided by their standard deviation.",
        json_schema_extra=within(0.7, 0.99) | FREE,
    )
    whiten: bool = Field(
        True,
        title="Whiten",
        description="Give all principal components the same variance, so that the distance does "
        "not depend on the few that vary most. Published: off.",
        json_schema_extra=one_of(True, False) | FREE,
    )
    clusters: int = Field(
        2000,
        ge=1,
        le=20_000,
        title="Clusters",
        description="Number of clusters, at most a quarter of the sample (published: 10 to 1000).",
        json_schema_extra=within(250, 4000, log=True)
        | takes(training=1, inference=1, of_training=0.5, of_inference=0.4),
    )
    entries: Entry = Field(
        "centres",
        title="Entries",
        description="What a patch is compared with: the centres of the clusters, or the normal "
        "patch nearest to each centre (published).",
        json_schema_extra=FREE,
    )
    neighbours: int = Field(
        1,
        ge=1,
        le=1000,
        title="Nearest clusters",
        description="Number of nearest clusters over which the distance is averaged.",
        json_schema_extra=within(1, 10) | FREE,
    )
    sample: int = Field(
        20_000,
        ge=10,
        le=1_000_000,
        title="Sample",
        description="Number of normal patches that are clustered, sampled evenly from all images.",
        json_schema_extra=takes(training=1, of_training=0.5),
    )


@register
class Clusters(FeatureDetector):
    """Distance of a patch to the nearest clusters of normal patches."""

    name = "clusters"
    title = "Clusters"
    summary = (
        "Groups normal patches, described by a pretrained network and reduced by PCA, into "
        "clusters (k-means). The score is the distance to the nearest cluster centre. It misses "
        "defects near any centre and flags normal patches that are rare."
    )
    choose = "Normal patches fall into a few clear groups."
    measured = Measured(0.981, 0.991, 5.6, 0.72, fixed=0.3, features=0.4)
    reference = (
        "Napoletano, Piccoli and Schettini, Anomaly detection in nanofibrous materials by "
        "CNN-based self-similarity, Sensors 2018"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes about 1.4 times as long as that of padim, "
        "inference 1.3 times."
    )
    Params = ClusterParameters
    params: ClusterParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"clusters": 500},
        "published": {"whiten": False, "entries": "patches", "clusters": 1000},
    }

    def _model(self) -> PatchModel:
        kind: Kind = "whitened" if self.params.whiten else "principal"
        model = ClusterModel(
            Reduction(kind, 4096, self.params.variance),
            self.params.clusters,
            self.params.entries,
            self.params.neighbours,
            self.params.sample,
        )
        return self._evened(model)
