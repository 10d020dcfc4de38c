"""Density of normal patches as a mixture of Gaussians."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from methods.detector import Array
from methods.effort import FREE, takes
from methods.features.patch_features import Patches
from methods.measured import Measured
from methods.models.mixture import GaussianMixture
from methods.patches.reduction import REDUCTIONS, Kind
from methods.patches.sampled import SampleDetector, SampleModel, SampleParameters
from methods.progress import Progress
from methods.registry import register
from methods.search import within

ROUNDS = 20
"""Of expectation-maximisation, at most: in many dimensions more of them change no ranking."""


class MixtureParameters(SampleParameters):
    reduction: Kind = Field("none", title="Reduction", description=REDUCTIONS)
    sample: int = Field(
        10_000,
        ge=10,
        le=1_000_000,
        title="Sample",
        description="Number of normal patches used for the model, sampled evenly from all images.",
        json_schema_extra=takes(training=1, of_training=0.5),
    )
    components: int = Field(
        2,
        ge=1,
        le=64,
        title="Components",
        description="Number of Number of Gaussians in the mixture. With 1, the score equals "
        "PaDiM with one Gaussian for all positions. On nanofibre "
        "micrographs 2, 4 and 8 ranked pixels equally well, 16 slightly worse.",
        json_schema_extra=within(1, 16, log=True)
        | takes(training=1, inference=1, of_training=0.5, of_inference=0.3),
    )
    shrinkage: float = Field(
        0.01,
        gt=0,
        le=10,
        title="Shrinkage",
        description="Added to the diagonal of each covariance of standardised features.",
        json_schema_extra=within(0.001, 1, log=True) | FREE,
    )


class MixtureModel(SampleModel):
    """How far below its peak the density of normal patches is.

    With p(z) = sum_k w_k N(z; m_k, C_k) fitted to reduced normal patches by
    expectation-maximisation (Dempster, Laird and Rubin 1977),

        score = sqrt( 2 log( sum_k w_k N(m_k; m_k, C_k) / p(z) ) ),

    which grows as p falls, is never negative and, for one Gaussian, is the Mahalanobis distance.
    Cost: O(k^2) a component and patch, k numbers a patch.
    """

    params: MixtureParameters

    def _mixture(self) -> GaussianMixture:
        return GaussianMixture(self.params.components, self.params.shrinkage, ROUNDS)

    def _fit(self, sample: Patches, rng: np.random.Generator, progress: Progress) -> None:
        self.mixture_ = self._mixture()
        self.mixture_.fit(sample.astype(np.float64), rng, progress)

    def _score(self, patches: Patches) -> NDArray[np.float32]:
        below = self.mixture_.log_peak - self.mixture_.log_density(patches.astype(np.float64))
        return np.sqrt(2 * below.clip(0)).astype(np.float32)

    def _state(self) -> dict[str, Array]:
        return self.mixture_.state()

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.mixture_ = self._mixture()
        self.mixture_.restore(arrays)


@register
class GaussianMixtureDetector(SampleDetector):
    """Rarity of a patch under a mixture of Gaussians."""

    name = "gaussian-mixture"
    title = "Gaussian mixture"
    summary = (
        "Describes each position of an image by several stages of a pretrained network. The "
        "score is how unlikely these features are under a Gaussian mixture of normal patches, so "
        "there can be several kinds of normal. It misses defects that look like one of these "
        "kinds."
    )
    choose = "There are several kinds of normal, such as front and back."
    measured = Measured(0.985, 0.994, 6.0, 0.60, fixed=0.4, features=0.5)
    reference = (
        "Dempster, Laird and Rubin, Maximum likelihood from incomplete data via the EM algorithm, "
        "Journal of the Royal Statistical Society B 1977"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 6.0 s, inference 0.60 s per image, "
        "on two cores."
    )
    Params = MixtureParameters
    params: MixtureParameters

    def _sample_model(self) -> MixtureModel:
        return MixtureModel(self.params)
