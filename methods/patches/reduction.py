"""Standardised patches in fewer numbers: chosen at random, or principal components."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from methods.detector import Array
from methods.features.patch_features import Patches
from methods.models.moments import Moments, deviations
from methods.parameters import Parameters
from methods.search import one_of, within

Kind = Literal["none", "random", "principal", "whitened"]

FLOOR = 0.01
"""Added to the variances of principal components before they are evened out, so that those that
normal patches hardly use do not drown the rest."""


REDUCTIONS = (
    "Use all features, a random selection, or their principal components. Features are first "
    "divided by their standard deviation over normal patches. Whitened components all have the "
    "same variance."
)


class ReductionParameters(Parameters):
    """How a detector shortens the patches before its model sees them."""

    reduction: Kind = Field(
        "none",
        title="Reduction",
        description=REDUCTIONS,
        json_schema_extra=one_of("none", "principal", "whitened"),
    )
    dimensions: int = Field(
        100,
        ge=1,
        le=4096,
        title="Dimensions",
        description="Maximum number of dimensions after the reduction.",
        json_schema_extra=within(30, 300, log=True),
    )

    def unused(self) -> frozenset[str]:
        return super().unused().union(["dimensions"] if self.reduction == "none" else [])


class WhitenedParameters(ReductionParameters):
    """A reduction that lets every component count alike, for models of plain distances."""

    reduction: Kind = Field(
        "whitened",
        title="Reduction",
        description=REDUCTIONS,
        json_schema_extra=one_of("none", "principal", "whitened"),
    )
    dimensions: int = Field(
        200,
        ge=1,
        le=4096,
        title="Dimensions",
        description="Maximum number of dimensions after the reduction.",
        json_schema_extra=within(30, 300, log=True),
    )


class Reduction:
    """The linear map z = (x - m) A of patches x with mean m to fewer numbers.

    Features are divided by their standard deviations. A keeps all of them (``"none"``), some drawn
    without replacement (``"random"``, as in Defard et al. 2021), or projects them on the leading
    eigenvectors of their correlation matrix (``"principal"``), divided by the roots of their
    eigenvalues plus `FLOOR` (``"whitened"``). Eigenvectors are the fewest that hold `variance` of
    the total variance, but at most `dimensions`.
    """

    def __init__(self, kind: Kind, dimensions: int, variance: float = 1.0) -> None:
        self.kind = kind
        self.dimensions = dimensions
        self.variance = variance

    def fit(self, moments: Moments, rng: np.random.Generator) -> None:
        """Take mean, deviations and directions from the moments of normal patches."""
        scale = 1 / deviations(moments.covariance)
        length = len(scale)
        if self.kind in ("principal", "whitened"):
            correlation = moments.covariance * np.outer(scale, scale)
            values, vectors = np.linalg.eigh(correlation)
            kept = min(self.dimensions, components_for(values[::-1], self.variance))
            basis = scale[:, None] * vectors[:, ::-1][:, :kept]
            if self.kind == "whitened":
                basis /= np.sqrt(values[::-1][:kept].clip(0) + FLOOR)
        else:
            basis = np.diag(scale)
            if self.kind == "random" and self.dimensions < length:
                basis = basis[:, np.sort(rng.choice(length, self.dimensions, replace=False))]
        self.mean_ = moments.mean.astype(np.float32)
        self.basis_ = basis.astype(np.float32, order="C")

    @property
    def length(self) -> int:
        """Numbers in a reduced patch."""
        return self.basis_.shape[1]

    def __call__(self, patches: Patches) -> Patches:
        """Patches (n, d) as (n, k) with mean zero over normal patches."""
        return (patches - self.mean_) @ self.basis_

    def covariance(self, moments: Moments) -> NDArray[np.float64]:
        """The covariance (k, k) of reduced patches, from the moments of the whole ones."""
        return self.basis_.T.astype(np.float64) @ moments.covariance @ self.basis_

    def state(self) -> dict[str, Array]:
        """Everything learned, as arrays."""
        return {"reduction.mean": self.mean_, "reduction.basis": self.basis_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `state` returned."""
        self.mean_ = arrays["reduction.mean"]
        self.basis_ = arrays["reduction.basis"]


def components_for(values: NDArray[np.float64], variance: float) -> int:
    """How many of the eigenvalues, largest first, hold that share of their sum; all for 1."""
    if variance >= 1:
        return len(values)
    share = np.cumsum(values.clip(0)) / max(values.clip(0).sum(), np.finfo(float).tiny)
    # The sum of all may fall short of one by its last digit.
    return min(int(np.searchsorted(share, variance)) + 1, len(values))
