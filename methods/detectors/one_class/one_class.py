"""What the detectors of the family share: patches in, a trained network, a score map out."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from images.colour import Image
from images.on_demand import selected
from methods.detector import Array, Detector, Explanation
from methods.detectors.one_class.heavy import parts, torch
from methods.detectors.one_class.parameters import LARGEST_WHOLE, OneClassParameters
from methods.patches.even_border import UsualScores
from methods.patches.grid import PatchGrid, ScoreMap
from methods.patches.patch_detector import smooth
from methods.progress import Progress, no_progress, span
from methods.training.crops import Batch, Crops, draw_crops, reduce, saved_channels, to_channels
from methods.training.normal_cells import (
    PRIOR,
    Cells,
    NormalCells,
    Zones,
    as_points,
    draw_normal,
    zone_count,
    zones_of,
)
from methods.training.tiles import Place, over_tiles

HELD_OUT = 8
"""One of so many whole images is held out from training."""
LEAST_SCORE = 1e-6
"""Scores of several patch sizes are multiplied, and none of them is below this."""


class PatchScorer(ABC):
    """What is learned of patches of one side: a network, and which of its outputs are normal."""

    side: int
    stride: int
    """Pixels from one patch to the next."""

    @abstractmethod
    def train(self, crops: Crops, progress: Progress) -> None:
        """Train the network on crops, each one patch."""

    @abstractmethod
    def describe(self, tile: "torch.Tensor") -> "torch.Tensor":
        """What the scores of patches are made of: (n, k, rows, columns) of (n, channels, h, w)."""

    @abstractmethod
    def learn_normal(self, points: Cells, where: str, progress: Progress) -> None:
        """Learn from described normal patches (n, k).

        Raises `DetectorError` when the network cannot judge patches of `where`, the normal images.
        """

    @abstractmethod
    def score(self, points: Cells) -> Cells:
        """The scores (n,), from zero upwards, of described patches (n, k)."""

    @abstractmethod
    def explain(self, patch: Batch, score: float, unit: float) -> Explanation:
        """Why a patch (channels, side, side) scores `score`; `unit` is what is usual there."""

    @abstractmethod
    def state(self) -> dict[str, Array]:
        """Everything learned, as arrays."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `state` returned."""


S = TypeVar("S", bound=PatchScorer)


class OneClassDetector(Detector, Generic[S]):
    """Trains a network on patches of normal images, or on whole ones, and scores others with it.

    The network is colour when a training image is, else grey; other images are turned into that.
    Its scores are divided by what is usual near the border (see `UsualScores`), where patches are
    completed with mirrored surroundings. Memory is bounded by a pool of crops while training and by
    a tile while scoring.
    """

    fewest_folds = 2
    single_core = True
    params: OneClassParameters
    channels_: int
    whole_: bool
    scorers_: tuple[S, ...]
    usual_: tuple[NDArray[np.float32], ...]

    def warm_up(self) -> None:
        _ = parts.train

    @abstractmethod
    def _scorer(self, side: int, channels: int, whole: bool) -> S:
        """What is to be learned of patches of that side."""

    def _fit(self, images: Sequence[Image], progress: Progress) -> None:
        self.whole_ = self._judges_whole(images)
        sides = self._sides()
        scorers, usual = [], []
        with parts.deterministic():
            for index, side in enumerate(sides):
                share = span(progress, index / len(sides), (index + 1) / len(sides))
                scorer, zones = self._learn(images, side, share)
                scorers.append(scorer)
                usual.append(zones)
        self.scorers_, self.usual_ = tuple(scorers), tuple(usual)

    def _learn(
        self, images: Sequence[Image], side: int, progress: Progress
    ) -> tuple[S, NDArray[np.float32]]:
        """Learn patches of one side, and the scores that are usual along the border."""
        to_train, to_judge = self._divided(images)
        whole = self.params.steps + 3 * len(images)
        drawn, trained = len(images) / whole, (len(images) + self.params.steps) / whole
        judged = (3 + trained) / 4
        crops = self._crops(to_train, side, span(progress, 0.0, drawn))
        self.channels_ = crops.channels
        scorer = self._scorer(side, crops.channels, self.whole_)
        scorer.train(crops, span(progress, drawn, trained))
        seen = self._draw_normal(scorer, to_judge, span(progress, trained, judged))
        height, width = images[0].shape[:2]
        where = f"normal images of {width} x {height} pixels"
        scorer.learn_normal(seen.anywhere, where, span(progress, judged, 1.0))
        usual = UsualScores(zone_count(scorer.stride), PRIOR)
        usual.add(seen.zones, scorer.score(seen.cells))
        return scorer, usual.usual()

    def _divided(self, images: Sequence[Image]) -> tuple[Sequence[Image], Sequence[Image]]:
        """The images to train the network on, and those on which its output is learned."""
        return images, images

    def _judges_whole(self, images: Sequence[Image]) -> bool:
        if self.params.view != "automatic":
            return self.params.view == "whole images"
        # They come in the order of their shapes, so that all have one when the outer two do.
        first, last = images[0].shape[:2], images[-1].shape[:2]
        return first == last and max(first) <= LARGEST_WHOLE

    def _sides(self) -> tuple[int, ...]:
        return (self.params.whole_side,) if self.whole_ else self.params.patches

    def _crops(self, images: Sequence[Image], side: int, progress: Progress) -> Crops:
        rng = np.random.default_rng(self.seed)
        if self.whole_:
            return whole_images(images, side, rng, progress)
        return draw_crops(images, side, self.params.reduction, rng, progress)

    def _draw_normal(self, scorer: S, images: Sequence[Image], progress: Progress) -> NormalCells:
        def parts_of(image: Image, share: Progress) -> tuple[Zones, Iterator[tuple[Place, Batch]]]:
            small = self._prepare(image, scorer)
            return self._zones(small, scorer), self._described(small, scorer, share)

        return draw_normal(images, parts_of, self.seed, progress)

    def _score_map(self, image: Image, progress: Progress) -> ScoreMap:
        maps = []
        for index, scorer in enumerate(self.scorers_):
            share = span(progress, index / len(self.scorers_), (index + 1) / len(self.scorers_))
            cells = self._cell_scores(image, index, share)
            maps.append(self._grid(image, scorer).interpolate(cells))
        return smooth(together(maps), 0.0 if self.whole_ else self.params.smoothing)

    def _explain(self, image: Image, row: int, col: int) -> Explanation:
        score = float(self._score_map(image, no_progress)[row, col])
        largest = max(range(len(self.scorers_)), key=lambda index: self.scorers_[index].side)
        scorer = self.scorers_[largest]
        small = self._prepare(image, scorer)
        grid_row, grid_col = self._grid(image, scorer).nearest(row, col)
        zone = self._zones(small, scorer)[grid_row, grid_col]
        patch = small if self.whole_ else patch_at(small, grid_row, grid_col, scorer)
        return scorer.explain(patch, score, float(self.usual_[largest][zone]))

    def _state(self) -> dict[str, Array]:
        state: dict[str, Array] = {
            "channels": np.array([self.channels_]),
            "whole": np.array([self.whole_]),
        }
        for scorer, usual in zip(self.scorers_, self.usual_, strict=True):
            state[f"{scorer.side}.usual"] = usual
            state |= {f"{scorer.side}.{key}": value for key, value in scorer.state().items()}
        return state

    def _restore(self, arrays: Mapping[str, Array]) -> None:
        self.channels_, self.whole_ = saved_channels(arrays), bool(arrays["whole"][0])
        scorers, usual = [], []
        for side in self._sides():
            own = {
                key.removeprefix(f"{side}."): value
                for key, value in arrays.items()
                if key.startswith(f"{side}.")
            }
            usual.append(own.pop("usual"))
            scorer = self._scorer(side, self.channels_, self.whole_)
            scorer.restore(own)
            scorers.append(scorer)
        self.scorers_, self.usual_ = tuple(scorers), tuple(usual)

    def _prepare(self, image: Image, scorer: S) -> Batch:
        """The image as the network sees it, (channels, H, W)."""
        if self.whole_:
            return resized(to_channels(image, self.channels_), scorer.side)
        return to_channels(reduce(image, self.params.reduction), self.channels_)

    def _zones(self, small: Batch, scorer: S) -> Zones:
        """The zone of every cell of an image."""
        if self.whole_:
            return np.zeros((1, 1), dtype=np.int64)
        return zones_of(cells_of(small.shape[1:], scorer), scorer.stride)

    def _grid(self, image: Image, scorer: S) -> PatchGrid:
        """Where the patches of an image lie on its pixels."""
        height, width = image.shape[:2]
        if self.whole_:
            corner = np.zeros(1, dtype=np.int64)
            return PatchGrid(height, width, max(height, width), corner, corner)
        factor = self.params.reduction
        margin = (scorer.side - scorer.stride) // 2
        tops, lefts = (
            factor * (np.arange(count) * scorer.stride - margin)
            for count in cells_of((-(-height // factor), -(-width // factor)), scorer)
        )
        return PatchGrid(height, width, factor * scorer.side, tops, lefts)

    def _cell_scores(self, image: Image, index: int, progress: Progress) -> ScoreMap:
        scorer, usual = self.scorers_[index], self.usual_[index]
        small = self._prepare(image, scorer)
        zones = self._zones(small, scorer)
        scores = np.empty(zones.shape, dtype=np.float32)
        for place, described in self._described(small, scorer, progress):
            found = scorer.score(as_points(described)) / usual[zones[place].ravel()]
            scores[place] = found.reshape(described.shape[1:])
        return scores

    def _described(
        self, small: Batch, scorer: S, progress: Progress
    ) -> Iterator[tuple[Place, Batch]]:
        """What the scores of an image are made of, a tile at a time."""

        def describe(tile: Batch) -> Batch:
            with parts.one_thread(), torch.inference_mode():
                batch = torch.from_numpy(tile)[None].to(parts.device())
                if not self.whole_:
                    batch = parts.around_cells(batch, scorer.side, scorer.stride)
                return scorer.describe(batch)[0].cpu().numpy()

        if self.whole_:
            return iter([((slice(0, 1), slice(0, 1)), describe(small))])
        reach = -(-scorer.side // (2 * scorer.stride)) * scorer.stride
        return over_tiles(
            small,
            describe,
            stride=scorer.stride,
            reach=reach,
            cell=scorer.stride,
            progress=progress,
        )


def divided(images: Sequence[Image], apart: int) -> tuple[Sequence[Image], Sequence[Image]]:
    """The images without one of `apart`, and those; all of them twice where there are fewer."""
    if len(images) < apart:
        return images, images
    taken = range(apart - 1, len(images), apart)
    others = sorted({*range(len(images))} - {*taken})
    return selected(images, others), selected(images, taken)


def cells_of(shape: tuple[int, ...], scorer: PatchScorer) -> tuple[int, int]:
    """Rows and columns of the map of an image with that height and width."""
    rows, columns = (-(-length // scorer.stride) for length in shape)
    return rows, columns


def patch_at(small: Batch, row: int, column: int, scorer: PatchScorer) -> Batch:
    """The patch around a cell, mirrored beyond the border of the image."""
    margin = scorer.side
    padded = np.pad(small, ((0, 0), (margin, margin), (margin, margin)), mode="reflect")
    top, left = (
        margin + at * scorer.stride - (scorer.side - scorer.stride) // 2 for at in (row, column)
    )
    return padded[:, top : top + scorer.side, left : left + scorer.side]


def as_picture(patch: Batch) -> Image:
    """A patch (channels, h, w) as an image."""
    return patch[0] if len(patch) == 1 else np.ascontiguousarray(np.moveaxis(patch, 0, 2))


def together(maps: Sequence[ScoreMap]) -> ScoreMap:
    """One map of those of several patch sizes: their geometric mean.

    It ranks pixels as the product of Yi and Yoon 2020, equation 6.
    """
    if len(maps) == 1:
        return maps[0]
    logarithms = [np.log(scores.clip(LEAST_SCORE)) for scores in maps]
    return np.exp(np.mean(logarithms, axis=0, dtype=np.float64)).astype(np.float32)


def whole_images(
    images: Sequence[Image], side: int, rng: np.random.Generator, progress: Progress
) -> Crops:
    """All images, resized to a square. One of eight is held out; with fewer, none is."""
    small = []
    for index in range(len(images)):
        small.append(images[index])
        progress((index + 1) / len(images))
    channels = 3 if any(image.ndim == 3 for image in small) else 1
    batch = np.stack([resized(to_channels(image, channels), side) for image in small])
    if len(batch) < HELD_OUT:
        return Crops(batch, batch)
    order = rng.permutation(len(batch))
    held_out = len(batch) // HELD_OUT
    return Crops(batch[order[held_out:]], batch[order[:held_out]])


def resized(image: Batch, side: int) -> Batch:
    """An image (channels, H, W) as (channels, side, side); what becomes smaller is averaged."""
    larger = torch.nn.functional.interpolate(
        torch.from_numpy(np.ascontiguousarray(image))[None],
        size=(side, side),
        mode="bilinear",
        antialias=True,
    )
    resampled: Batch = larger[0].numpy()
    return resampled
