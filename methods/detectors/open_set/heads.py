"""The last layer of the classifier: from the features of cells to logits of the known classes.

The logits of an image follow from the mean of the features of its cells, and those of a cell are
its part in them: the mean over all cells is the logits of the image.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array
from methods.detectors.open_set.scores import Logits
from methods.training.crops import Batch

RIDGE = 0.01
"""Added to the diagonal of the covariance, as a share of the mean variance of a feature."""


class Head(ABC):
    """Gives logits for features."""

    @abstractmethod
    def of_images(self, features: NDArray[np.float32]) -> Logits:
        """The logits (n, K) of images whose cells have the mean features (n, d)."""

    @abstractmethod
    def of_cells(self, features: Batch) -> Batch:
        """The logits (K, rows, columns) of the cells of an image with features (d, rows, columns).

        Their mean is what `of_images` gives for the image.
        """

    @abstractmethod
    def state(self) -> dict[str, Array]:
        """All of it, as arrays."""

    @classmethod
    @abstractmethod
    def restored(cls, arrays: Mapping[str, Array]) -> Self:
        """What `state` gave."""


@dataclass(frozen=True)
class LinearHead(Head):
    """l = W f + b: class activation maps (Zhou et al., CVPR 2016)."""

    weights: NDArray[np.float32]
    """(K, d)"""
    biases: NDArray[np.float32]
    """(K,)"""

    def of_images(self, features: NDArray[np.float32]) -> Logits:
        return features @ self.weights.T + self.biases

    def of_cells(self, features: Batch) -> Batch:
        logits = np.tensordot(self.weights, features, axes=1) + self.biases[:, None, None]
        return np.asarray(logits, dtype=np.float32)

    def state(self) -> dict[str, Array]:
        return {"head.weights": self.weights, "head.biases": self.biases}

    @classmethod
    def restored(cls, arrays: Mapping[str, Array]) -> Self:
        return cls(arrays["head.weights"], arrays["head.biases"])


@dataclass(frozen=True)
class GaussianHead(Head):
    """l_c = - 1/2 (f - m_c)' P (f - m_c): how likely features are under a Gaussian for each class.

    The Gaussians have the means m_c and one inverse covariance P, as in linear discriminant
    analysis, whose decisions these are. The term that all classes have in common is kept: far from
    all classes every logit is low (Lee et al., A simple unified framework for detecting
    out-of-distribution samples and adversarial attacks, NeurIPS 2018), where those of a linear
    layer may be high. The part of cell (i, j) is - 1/2 (f_ij - m_c)' P (f - m_c), with f the mean
    over all cells.
    """

    means: NDArray[np.float64]
    """(K, d)"""
    precision: NDArray[np.float64]
    """(d, d)"""

    @classmethod
    def of(cls, features: NDArray[np.float32], labels: NDArray[np.int64]) -> Self:
        """Of features (n, d) of images whose classes have the numbers `labels` (n,), from 0.

        The covariance of the deviations from the mean of each class is shrunk by the rule of Ledoit
        and Wolf (A well-conditioned estimator for large-dimensional covariance matrices, 2004).
        """
        from sklearn.covariance import ledoit_wolf

        values = features.astype(np.float64)
        means = np.stack([values[labels == at].mean(axis=0) for at in range(labels.max() + 1)])
        covariance, _ = ledoit_wolf(values - means[labels], assume_centered=True)
        size = len(covariance)
        spread = max(float(np.trace(covariance)) / size, 1e-12)
        return cls(means, np.linalg.inv(covariance + RIDGE * spread * np.eye(size)))

    def of_images(self, features: NDArray[np.float32]) -> Logits:
        apart = features.astype(np.float64)[:, None] - self.means
        distances = np.einsum("ncd,ncd->nc", apart @ self.precision, apart)
        return (-distances / 2).astype(np.float32)

    def of_cells(self, features: Batch) -> Batch:
        middle = features.mean(axis=(1, 2), dtype=np.float64)
        pull = (middle - self.means) @ self.precision
        shift = np.einsum("cd,cd->c", pull, self.means)
        logits = -(np.tensordot(pull, features, axes=1) - shift[:, None, None]) / 2
        return np.asarray(logits, dtype=np.float32)

    def state(self) -> dict[str, Array]:
        return {"head.means": self.means, "head.precision": self.precision}

    @classmethod
    def restored(cls, arrays: Mapping[str, Array]) -> Self:
        return cls(arrays["head.means"], arrays["head.precision"])
