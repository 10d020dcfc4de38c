"""Density of normal patches as a sum of kernels."""

import numpy as np
from pydantic import Field

from methods.effort import FREE, takes
from methods.features.patch_features import Patches
from methods.measured import Measured
from methods.models.kernels import KernelModel, kernel_distances
from methods.patches.sampled import SampleDetector, SampleParameters
from methods.progress import Progress
from methods.registry import register

JUDGED = 1000
"""Other normal patches on which the likelihood of a bandwidth is judged."""
FACTORS = np.geomspace(0.25, 4, 9)
"""Of the bandwidth of Scott's rule that are tried."""


class KernelDensityParameters(SampleParameters):
    sample: int = Field(
        3000,
        ge=20,
        le=100_000,
        title="Sample",
        description="Number of normal patches that carry a kernel, sampled evenly from all "
        "images. One third of this number selects the bandwidth.",
        json_schema_extra=takes(training=1, inference=1, of_training=0.3, of_inference=0.4),
    )
    bandwidth: float = Field(
        0.0,
        ge=0,
        le=1000,
        title="Bandwidth",
        description="Standard deviation of a kernel in the reduced features. 0 selects the value "
        "with the highest likelihood of held-out normal patches.",
        json_schema_extra=FREE,
    )


class KernelDensityModel(KernelModel):
    """How far below its peak a sum of kernels on normal patches is.

    With Gaussian kernels of bandwidth h on n reduced normal patches x_i (Rosenblatt 1956, Parzen
    1962),

        p(z) = 1/n sum_i exp( -||z - x_i||^2 / (2 h^2) ) / (2 pi h^2)^(k/2),
        score = h sqrt( -2 log( p(z) (2 pi h^2)^(k/2) ) ),

    which grows as p falls. h is that of nine around Scott's rule, deviation * n^(-1/(k + 4)), under
    which held-out normal patches are likeliest. Cost: n k multiplications a patch.
    """

    params: KernelDensityParameters

    def _fit(self, sample: Patches, rng: np.random.Generator, progress: Progress) -> None:
        order = rng.permutation(len(sample))
        judged = sample[order[: min(JUDGED, len(sample) // 3)]]
        self.points_ = sample[order[len(judged) :]]
        if not len(judged):  # of one or two patches none can be spared
            judged = self.points_
        count = len(self.points_)
        self.weights_ = np.full(count, 1 / count, dtype=np.float32)
        self.width_ = self.params.bandwidth or self._likeliest(judged, progress)

    def _likeliest(self, judged: Patches, progress: Progress) -> float:
        count, length = self.points_.shape
        # Where all patches are the same, any bandwidth will do.
        deviation = float(np.sqrt(self.points_.var(axis=0).mean())) or 1.0
        scott = deviation * count ** (-1 / (length + 4))
        likelihoods = []
        for number, bandwidth in enumerate(scott * FACTORS):
            below = kernel_distances(judged, self.points_, self.weights_, bandwidth)
            log_sums = -np.square(below.astype(np.float64)) / (2 * bandwidth**2)
            likelihoods.append(log_sums.mean() - length * np.log(bandwidth))
            progress((number + 1) / len(FACTORS))
        return float(scott * FACTORS[int(np.argmax(likelihoods))])


@register
class KernelDensity(SampleDetector):
    """Rarity of a patch under kernels on normal patches."""

    name = "kernel-density"
    title = "Kernel density"
    summary = (
        "Estimates the density of normal patches, described by a pretrained network, with a "
        "kernel on each patch of a sample. The score is high where the density is low. It misses "
        "defects close to any normal patch and can flag normal patches that the sample does not "
        "cover."
    )
    choose = "Normal features are far from Gaussian."
    measured = Measured(0.984, 0.993, 5.1, 0.89, fixed=0.1, features=0.5)
    reference = (
        "Parzen, On estimation of a probability density function and mode, Annals of Mathematical "
        "Statistics 1962"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 5.1 s, inference 0.89 s per image, "
        "on two cores."
    )
    Params = KernelDensityParameters
    params: KernelDensityParameters

    def _sample_model(self) -> KernelDensityModel:
        return KernelDensityModel(self.params)
