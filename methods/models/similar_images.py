"""Scores of images, each averaged with those of the images that look most like it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from methods.detector import Array


class SimilarImages:
    """The scores of images and what they look like as a whole, to score images anew.

    With c_j the score and f_j the description of image j, brought to length one, and N_k(i) the k
    images with the highest w_ij = max(f_i f_j, 0), image i itself the first of them,

        score of i = mean over k = 1 ... K of sum_{j in N_k(i)} w_ij c_j / sum_{j in N_k(i)} w_ij

    (Li, Huang, Xue and Zhou, MuSc, ICLR 2024, section 3.4; there the description is a class token
    of CLIP). The score of an image that is high by chance alone comes down to that of its like.
    """

    def __init__(self, scores: NDArray[np.float32], descriptions: NDArray[np.float32]) -> None:
        self.scores = scores
        """(n,)"""
        self.descriptions = descriptions
        """(n, d)"""

    def rescored(
        self, score: float, description: NDArray[np.float32], neighbours: int, own: int | None
    ) -> float:
        """The new score of an image with `neighbours` = K - 1 others.

        `own` is its number among the images here; None for another image.
        """
        alike = (
            (_of_length_one(self.descriptions) @ _of_length_one(description))
            .clip(0)
            .astype(np.float64)
        )
        others = np.argsort(-alike, kind="stable")
        others = others[others != own][:neighbours]
        weights = np.append(1.0, alike[others])
        sums = np.cumsum(weights * np.append(score, self.scores[others]))
        return float((sums / np.cumsum(weights)).mean())

    def state(self) -> dict[str, Array]:
        """Both, as arrays."""
        return {"similar.scores": self.scores, "similar.descriptions": self.descriptions}

    @classmethod
    def restored(cls, arrays: Mapping[str, Array]) -> "SimilarImages":
        """What `state` gave."""
        return cls(arrays["similar.scores"], arrays["similar.descriptions"])


def _of_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / lengths.clip(1e-12)).astype(np.float32)
