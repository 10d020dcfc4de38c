"""How unlike all known classes something is, by the logits of a classifier.

With l_1 ... l_K the logits of the K known classes, higher = more unlike:

- ``max logit``: - max_i l_i (Vaze et al., Open-set recognition: a good closed-set classifier is all
  you need, ICLR 2022);
- ``energy``: - T log sum_i exp(l_i / T) (Liu et al., Energy-based out-of-distribution detection,
  NeurIPS 2020, equation 4);
- ``softmax``: 1 - max_i exp(l_i) / sum_j exp(l_j) (Hendrycks and Gimpel, A baseline for detecting
  misclassified and out-of-distribution examples in neural networks, ICLR 2017);
- ``gaussian``: min_c (l - m_c)' S_c^-1 (l - m_c) with mean m_c and covariance S_c of the logits of
  normal images of class c, a squared Mahalanobis distance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from methods.detector import Array

ScoreKind = Literal["max logit", "energy", "softmax", "gaussian"]
Logits = NDArray[np.float32]

PRIOR = 2.0
"""Prior weight, in images for each class, of the covariance of all classes in that of one."""
RIDGE = 1e-3
"""Added to the diagonal of a covariance, as a share of the mean variance of logits in a class."""


@dataclass(frozen=True)
class ClassGaussians:
    """A Gaussian of the logits of each known class."""

    means: NDArray[np.float64]
    """(K, K): the mean logits of each class."""
    precisions: NDArray[np.float64]
    """(K, K, K): the inverse covariance of each class."""

    @classmethod
    def of(cls, logits: Logits, labels: NDArray[np.int64]) -> Self:
        """Of logits (n, K) of images whose classes have the numbers `labels` (n,).

        The covariance of a class of n images is that of its own deviations and, with the weight of
        `PRIOR` K images, that of the deviations of all classes from their means.
        """
        count = logits.shape[1]
        values = logits.astype(np.float64)
        means = np.stack([values[labels == each].mean(axis=0) for each in range(count)])
        apart = values - means[labels]
        shared = apart.T @ apart / len(apart)
        ridge = RIDGE * max(float(np.trace(shared)) / count, 1e-12) * np.eye(count)
        prior = PRIOR * count
        covariances = []
        for each in range(count):
            own = apart[labels == each]
            covariances.append((own.T @ own + prior * shared) / (len(own) + prior) + ridge)
        return cls(means, np.linalg.inv(np.stack(covariances)))

    def squared_distances(self, logits: Logits) -> NDArray[np.float64]:
        """The squared Mahalanobis distance (n, K) of logits (n, K) to each class."""
        apart = logits.astype(np.float64)[:, None] - self.means
        return np.einsum("nci,cij,ncj->nc", apart, self.precisions, apart)

    def state(self) -> dict[str, Array]:
        """Both, as arrays."""
        return {"gaussian.means": self.means, "gaussian.precisions": self.precisions}

    @classmethod
    def restored(cls, arrays: Mapping[str, Array]) -> Self:
        """What `state` gave."""
        return cls(arrays["gaussian.means"], arrays["gaussian.precisions"])


def scores_of(
    logits: Logits, kind: ScoreKind, temperature: float, gaussians: ClassGaussians
) -> NDArray[np.float32]:
    """The scores (n,) of logits (n, K); `temperature` is T of the energy."""
    if kind == "max logit":
        scores = -logits.max(axis=1)
    elif kind == "energy":
        scores = -temperature * logsumexp(logits / temperature, axis=1)
    elif kind == "softmax":
        falling = -np.sort(-logits.astype(np.float64), axis=1)
        others = np.exp(falling[:, 1:] - falling[:, :1]).sum(axis=1)
        scores = others / (1 + others)  # 1 - p without the rounding of p
    else:
        scores = gaussians.squared_distances(logits).min(axis=1)
    return np.asarray(scores, dtype=np.float32)
