"""The smallest region of feature space that holds most normal patches."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from methods.detector import Array
from methods.effort import FREE, takes
from methods.features.choice import CopiesParameters, TrimParameters
from methods.features.patch_features import Band, Patches
from methods.measured import Measured
from methods.models.kernels import KernelModel
from methods.patches.patch_detector import Reason
from methods.patches.sampled import SampleDetector, SampleParameters
from methods.progress import Progress
from methods.registry import register
from methods.search import within


class OneClassParameters(CopiesParameters, TrimParameters, SampleParameters):
    sample: int = Field(
        5000,
        ge=10,
        le=30_000,
        title="Sample",
        description="Number of normal patches for training, sampled evenly from all images.",
        json_schema_extra=takes(training=2, of_training=0.6),
    )
    outside: float = Field(
        0.1,
        gt=0,
        lt=1,
        title="Share outside",
        description="The parameter nu: at most this proportion of normal patches is outside the "
        "region, and at least this proportion are support vectors. Larger values "
        "make inference slower and the score more like a density.",
        json_schema_extra=within(0.01, 0.5, log=True) | takes(inference=1, of_inference=0.4),
    )
    width: float = Field(
        0.5,
        gt=0,
        le=100,
        title="Kernel width",
        description="In units of the standard deviation of the distance of normal patches from "
        "their mean, times the square root of 1/2.",
        json_schema_extra=within(0.1, 3, log=True) | FREE,
    )


class OneClassModel(KernelModel):
    """The support vectors of normal patches, and how little of their kernels reaches a patch.

    With a Gaussian kernel K of width h and n reduced normal patches x_i, one-class support vector
    machines (Schoelkopf et al. 2001) and support vector data description (Tax and Duin 2004) solve
    the same problem,

        min_a  1/2 sum_ij a_i a_j K(x_i - x_j)   with 0 <= a_i <= 1 / (nu n), sum_i a_i = 1,

    and call a patch z normal when sum_i a_i K(z - x_i) >= rho. The score is

        h sqrt( -2 log sum_i a_i K(z - x_i) ),

    in which the border of the region is at h sqrt(-2 log rho). h^2 = width^2 / 2 times the sum of
    the patches' variances. Solved exactly by LIBSVM. Cost: n^2 k to learn, the number of support
    vectors, at least nu n, times k multiplications a patch.
    """

    params: OneClassParameters

    def _fit(self, sample: Patches, rng: np.random.Generator, progress: Progress) -> None:
        from sklearn.svm import OneClassSVM

        # Where all patches are the same, any width will do.
        spread = float(sample.var(axis=0).sum()) or 1.0
        self.width_ = self.params.width * (spread / 2) ** 0.5
        solver = OneClassSVM(gamma=1 / (2 * self.width_**2), nu=self.params.outside)
        solver.fit(sample)
        progress(1.0)
        weights = solver.dual_coef_[0]
        self.points_ = sample[solver.support_]
        self.weights_ = (weights / weights.sum()).astype(np.float32)
        reach = -float(solver.intercept_[0]) / float(weights.sum())
        self.edge_ = self.width_ * (-2 * np.log(reach)) ** 0.5

    def reason(self, band: Band) -> Reason:
        score = float(self.score(band)[0])
        side = "outside" if score > self.edge_ else "inside"
        return Reason(
            f"The distance of the patch from the normal ones is {score:.4g}, {side} the region "
            f"of most normal patches, whose boundary is at {self.edge_:.4g}. The region has "
            f"{len(self.points_)} support vectors."
        )

    def _state(self) -> dict[str, Array]:
        return {**super()._state(), "edge": np.array(self.edge_)}

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        super()._restore(arrays)
        self.edge_ = float(arrays["edge"])


@register
class OneClassSvm(SampleDetector):
    """Distance of a patch from the region of normal ones."""

    name = "one-class-svm"
    title = "One-class SVM"
    summary = (
        "Finds the smallest region in kernel space that contains most normal patches, described "
        "by a pretrained network (support vector data description). The score is the distance "
        "from this region. It misses defects inside the region, which is large with a wide "
        "kernel."
    )
    choose = "Some of the normal images may be defective."
    measured = Measured(0.984, 0.994, 9.0, 1.0, fixed=0.5, features=0.45)
    reference = (
        "Schoelkopf, Platt, Shawe-Taylor, Smola and Williamson, Estimating the support of a "
        "high-dimensional distribution, Neural Computation 2001; Tax and Duin, Support vector data "
        "description, Machine Learning 2004"
    )
    cost = (
        "Training on 5 images of 1024 x 700 pixels takes 9.0 s, inference 1.0 s per image, "
        "on two cores."
    )
    fewest_folds = 10
    single_core = True
    Params = OneClassParameters
    params: OneClassParameters

    def _sample_model(self) -> OneClassModel:
        return OneClassModel(self.params)
