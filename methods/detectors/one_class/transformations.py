"""Geometric transformations: a classifier that recognises them on normal patches alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from images.colour import Image
from methods.detector import Array, Explanation, Panel
from methods.detectors.one_class.changes import all_changes, among, told_apart
from methods.detectors.one_class.dirichlet import fit_dirichlet, log_density
from methods.detectors.one_class.heavy import parts, torch
from methods.detectors.one_class.one_class import (
    OneClassDetector,
    PatchScorer,
    as_picture,
    divided,
)
from methods.detectors.one_class.parameters import OneClassParameters
from methods.effort import FREE
from methods.errors import DetectorError
from methods.features.patch_features import Band, Patches
from methods.models.gaussian import SharedGaussian
from methods.models.neighbours import MemoryBank
from methods.patches.grid import PatchGrid
from methods.patches.patch_detector import NormalPatches, PatchModel
from methods.patches.reduction import Reduction
from methods.progress import Progress, no_progress
from methods.registry import register
from methods.search import one_of
from methods.training.crops import Batch, Crops
from methods.training.normal_cells import Cells

SHOWN = 4
"""Transformed patches in an explanation, the worst recognised first."""
APART = 4
"""One of so many normal images is kept from the classifier, for what is learned of its output."""
FEW = 3 * APART
"""With fewer normal images every second one is kept, since one or two show too few patches."""
LIKEST = 1e-3
"""The share of normal patches whose Dirichlet score counts as zero."""


class TransformationParameters(OneClassParameters):
    turns: bool = Field(True, title="Turns", description="Turn patches by 90, 180 and 270 degrees.")
    mirrorings: bool = Field(True, title="Mirrorings", description="Mirror patches.")
    shifts: Literal[0, 4, 8] = Field(
        4,
        title="Shifts",
        description="Directions in which whole images are shifted by a quarter of their side. "
        "Patches are not shifted: a shifted patch of a texture is another patch of it.",
    )
    score: Literal["dirichlet", "softmax", "two-step"] = Field(
        "two-step",
        title="Score",
        description="dirichlet: how unlikely the probabilities given by the classifier are under "
        "a Dirichlet distribution for each transformation. softmax: 1 - the mean probability of "
        "the right transformation. two-step: the mean distance, over the transformations, of the "
        "classifier's last layer but one to that of normal patches. dirichlet is the published "
        "score; it also counts patches that are recognised better than normal ones.",
        json_schema_extra=one_of("two-step", "softmax", "dirichlet") | FREE,
    )
    model: Literal["gaussian", "nearest neighbour"] = Field(
        "gaussian",
        title="Model",
        description="What the two-step score compares with: a Gaussian of normal patches, or the "
        "nearest of them.",
        json_schema_extra=one_of("gaussian", "nearest neighbour"),
    )
    features: int = Field(
        32,
        ge=1,
        le=512,
        title="Features",
        description="Numbers in the last layer but one of the classifier.",
        json_schema_extra=FREE,
    )

    def unused(self) -> frozenset[str]:
        unused = [] if self.score == "two-step" else ["model"]
        return super().unused().union(unused + (["shifts"] if self.view == "patches" else []))

    @model_validator(mode="after")
    def _something_to_tell_apart(self) -> Self:
        if not (self.turns or self.mirrorings):
            raise ValueError("turns and mirrorings are both off; at least one of them is needed")
        return self


class DrawnPatches(NormalPatches):
    """Descriptions (n, d) of normal patches that are in memory already."""

    def __init__(self, described: Patches) -> None:
        self._described = described
        corners = np.zeros(len(described), dtype=np.int64)
        self._grid = PatchGrid(1, len(described), 1, corners[:1], np.arange(len(described)))

    def bands(self, progress: Progress) -> Iterator[Band]:
        yield Band(self._described, 0, self._grid)
        progress(1.0)

    def sample_with_places(
        self, count: int, rng: np.random.Generator, progress: Progress
    ) -> tuple[Patches, NDArray[np.int64]]:
        total = len(self._described)
        chosen = np.sort(rng.choice(total, min(count, total), replace=False))
        return self._described[chosen], np.stack([np.zeros_like(chosen), chosen], axis=1)

    def windows(self, places: NDArray[np.int64], progress: Progress) -> Iterator[tuple[int, Image]]:
        """Descriptions as pictures of one row, since there are no pixels any more."""
        for at, (_, cell) in enumerate(places.tolist()):
            yield at, self._described[cell][None]


class TransformationScorer(PatchScorer):
    """A classifier of the transformations of patches of one side, and its output on normal ones."""

    kept_: list[int]
    taken_for_: dict[int, int]

    def __init__(
        self, params: TransformationParameters, side: int, channels: int, whole: bool, seed: int
    ) -> None:
        self.params = params
        self.side = side
        self.seed = seed
        self.changes = all_changes(params.turns, params.mirrorings, params.shifts if whole else 0)
        generator = torch.Generator().manual_seed(seed)
        body = parts.PatchNetwork(
            channels, side, params.width, params.features, True, whole, generator=generator
        )
        self.stride = body.stride
        self.network = parts.TransformationClassifier(
            body, params.features, self.changes, generator=generator
        ).to(parts.device())

    def train(self, crops: Crops, progress: Progress) -> None:
        params = self.params
        self.network.body.standardise(torch.from_numpy(crops.training))
        schedule = parts.Schedule(params.steps, params.batch, params.learning_rate)
        parts.train(self.network, self.network.loss, crops, schedule, self.seed, progress)

    def describe(self, tile: "torch.Tensor") -> "torch.Tensor":
        """The log probabilities of `judge` and, in two steps, the descriptions after them."""
        judged, described = self.network.judge(tile)
        if self.params.score != "two-step":
            return judged
        return torch.cat([judged, described], dim=1)

    def learn_normal(self, points: Cells, where: str, progress: Progress) -> None:
        """Leave out what cannot be told apart, and learn what the classifier gives for the rest.

        Raises `DetectorError` when fewer than two transformations remain.
        """
        logarithms = self._logarithms(points)
        self.kept_, self.taken_for_ = told_apart(logarithms)
        self.confusion_ = np.exp(logarithms).mean(axis=0)
        if len(self.kept_) < 2:
            raise DetectorError(
                f"transformations cannot judge {where}: its classifier cannot tell turned or "
                f"mirrored patches from unchanged ones, with any of {len(self.changes)} "
                "transformations. Choose another method."
            )
        if self.params.score == "two-step":
            self.model_ = self._untrained_model()
            features = self._features(points)
            self.means_ = features.mean(axis=0)
            rng = np.random.default_rng(self.seed)
            self.model_.fit(DrawnPatches(self._centred(features)), rng, progress)
        elif self.params.score == "dirichlet":
            chosen = self._chosen(points)
            self.alphas_ = np.stack([fit_dirichlet(chosen[:, at]) for at in range(len(self.kept_))])
            self.lowest_ = float(np.quantile(self._energies(chosen), LIKEST))
        progress(1.0)

    def score(self, points: Cells) -> Cells:
        if self.params.score == "two-step":
            centred = DrawnPatches(self._centred(self._features(points)))
            scores = self.model_.score(next(centred.bands(no_progress)))
            return scores.reshape(len(points), -1).mean(axis=1)
        chosen = self._chosen(points)
        if self.params.score == "dirichlet":
            return (self._energies(chosen) - self.lowest_).clip(0).astype(np.float32)
        return (1 - recognised(chosen).mean(axis=1)).astype(np.float32)

    def explain(self, patch: Batch, score: float, unit: float) -> Explanation:
        with parts.one_thread(), torch.inference_mode():
            seen = torch.from_numpy(np.ascontiguousarray(patch))[None].to(parts.device())
            judged = self.network.judge(seen)[0].flatten(1).cpu().numpy()
            shown = recognised(self._chosen(judged))[0]
            panels = [Panel("Patch", as_picture(patch))]
            for at in shown.argsort(kind="stable")[:SHOWN].tolist():
                change = self.changes[self.kept_[at]]
                changed = parts.apply(change, seen)[0].cpu().numpy()
                panels.append(Panel(f"{change}, probability {shown[at]:.2f}", as_picture(changed)))
        text = (
            f"The classifier gives the right one of {len(self.kept_)} transformations of this "
            f"patch a mean probability of {shown.mean():.2f}. The score of the pixel is "
            f"{score:.3g}, where 1 is usual."
        )
        return Explanation(score, f"{text}{self.left_out()}", tuple(panels))

    def left_out(self) -> str:
        """A sentence on the transformations that are left out, with a space before it."""
        if not self.taken_for_:
            return ""
        pairs = [
            f"{self.changes[one]} looks like {self.changes[other]}"
            for one, other in self.taken_for_.items()
        ]
        more = f" and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else ""
        return (
            f" Of {len(self.changes)} transformations {len(pairs)} are left out, since the "
            f"classifier cannot tell them apart on normal patches: {'; '.join(pairs[:SHOWN])}"
            f"{more}."
        )

    def state(self) -> dict[str, Array]:
        others = [self.taken_for_.get(at, -1) for at in range(len(self.changes))]
        state: dict[str, Array] = {
            "taken_for": np.array(others, dtype=np.int64),
            "confusion": self.confusion_,
        }
        if self.params.score == "dirichlet":
            state |= {"alphas": self.alphas_, "lowest": np.array([self.lowest_])}
        if self.params.score == "two-step":
            state["means"] = self.means_
            state |= {f"model.{key}": value for key, value in self.model_.state().items()}
        weights = self.network.state_dict()
        return state | {f"network.{key}": value.cpu().numpy() for key, value in weights.items()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        others = arrays["taken_for"].tolist()
        self.confusion_ = arrays["confusion"]
        self.kept_ = [at for at, other in enumerate(others) if other < 0]
        self.taken_for_ = {at: other for at, other in enumerate(others) if other >= 0}
        if self.params.score == "dirichlet":
            self.alphas_, self.lowest_ = arrays["alphas"], float(arrays["lowest"][0])
        if self.params.score == "two-step":
            self.model_ = self._untrained_model()
            self.model_.restore(below(arrays, "model."))
            self.means_ = arrays["means"]
        weights = {
            key: torch.from_numpy(np.array(value))
            for key, value in below(arrays, "network.").items()
        }
        self.network.load_state_dict(weights)
        self.network.eval()

    def _untrained_model(self) -> PatchModel:
        reduction = Reduction("whitened", self.params.features)
        if self.params.model == "gaussian":
            return SharedGaussian(reduction, 0.01)
        return MemoryBank(reduction, "sample", 8.0, 1)

    def _logarithms(self, points: Cells) -> NDArray[np.float32]:
        total = len(self.changes)
        return points[:, : total * total].reshape(-1, total, total)

    def _features(self, points: Cells) -> NDArray[np.float32]:
        """The descriptions (n, K, features) under the transformations that are kept."""
        total = len(self.changes)
        described = points[:, total * total :].reshape(len(points), total, -1)
        return described[:, self.kept_]

    def _centred(self, features: NDArray[np.float32]) -> Patches:
        """Descriptions (n * K, features) less the mean of normal patches under the same one."""
        return np.ascontiguousarray((features - self.means_).reshape(-1, features.shape[2]))

    def _chosen(self, points: Cells) -> NDArray[np.float64]:
        """Log probabilities (n, K, K) among the transformations that are kept."""
        return among(self._logarithms(points), self.kept_)

    def _energies(self, chosen: NDArray[np.float64]) -> NDArray[np.float64]:
        """Minus the sum of the log densities (n,) over the transformations."""
        densities = [log_density(chosen[:, at], alpha) for at, alpha in enumerate(self.alphas_)]
        return np.asarray(-np.sum(densities, axis=0))


def recognised(chosen: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability (n, K) of the right transformation under each of them."""
    return np.asarray(np.exp(np.diagonal(chosen, axis1=1, axis2=2)))


def below(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The arrays whose names begin with a prefix, by the rest of their names."""
    return {
        key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)
    }


@register
class Transformations(OneClassDetector[TransformationScorer]):
    """How well a classifier recognises the transformations of a patch.

    A network learns on normal patches x which of T geometric transformations tau_i was applied.
    With y(tau_i(x)) the probabilities (T,) that it gives (Golan and El-Yaniv 2018), the score is
    one of

        1 - 1/T sum_i [y(tau_i(x))]_i,
        - sum_i log P(y(tau_i(x)) | alpha_i),

    with a Dirichlet distribution alpha_i of maximum likelihood for each transformation, or in two
    steps, with z the last layer but one, m_i its mean over normal patches under tau_i and d the
    distance to a model of normal z(tau_i(x)) - m_i of all transformations,

        1/T sum_i d(z(tau_i(x)) - m_i).

    Transformations that are not told apart count in none of them. The Dirichlet distributions and
    that distance are learned on one of four normal images, which the classifier has not seen; on
    all of them where there are fewer than four, or fewer than 32 whole images.
    """

    name = "transformations"
    title = "Transformations"
    summary = (
        "Trains a network to tell turned, mirrored and shifted normal patches, or whole small "
        "images, apart. The score is how badly it recognises them. Refuses textures that look the "
        "same when turned and mirrored, such as a wire grid or nanofibres, since there is nothing "
        "to learn; use padim there."
    )
    choose = "Images have a direction, such as an object that always stands upright."
    reference = (
        "Golan, El-Yaniv, Deep anomaly detection using geometric transformations, NeurIPS 2018"
    )
    not_exported = "no graph has been written for its classifier of transformed patches"
    Params = TransformationParameters
    params: TransformationParameters
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 200},
        "thorough": {"steps": 3000, "width": 32},
        "published": {"shifts": 8, "score": "dirichlet", "whole_side": 32, "smoothing": 0},
    }

    def _scorer(self, side: int, channels: int, whole: bool) -> TransformationScorer:
        return TransformationScorer(self.params, side, channels, whole, self.seed)

    def _divided(self, images: Sequence[Image]) -> tuple[Sequence[Image], Sequence[Image]]:
        if self.whole_ and len(images) < 8 * APART:
            return images, images
        return divided(images, APART if len(images) >= FEW else 2)

    def _learned(self) -> tuple[Panel, ...]:
        return tuple(
            Panel(
                f"Transformation given (row) and recognised (column), patches of {scorer.side} "
                f"pixels, {len(scorer.kept_)} of {len(scorer.changes)} told apart",
                scorer.confusion_,
            )
            for scorer in self.scorers_
        )
