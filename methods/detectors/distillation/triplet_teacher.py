"""A teacher that is trained on the normal images themselves, for use without a pretrained one."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from images.colour import Image
from images.on_demand import OnDemand
from methods.detector import Array
from methods.detectors.distillation.cells import MARGIN, around
from methods.detectors.distillation.heavy import parts, torch
from methods.features.network import NetworkFeatures
from methods.features.patch_features import Band, WrappedFeatures
from methods.progress import Progress, span
from methods.training.crops import Crops, draw_crops

WIDTH = 24
"""Channels of the first layer: others than a student's."""
FIELDS = (17, 33, 65)
DIMENSIONS = 48
"""Features of each receptive field."""
STEPS = 200
BATCH = 32
LEARNING_RATE = 3e-3
CHECKED = 64
"""Crops that tell which weights are kept."""
AT_ONCE = 4096
"""Cells that go through the network at once."""


class TripletTeacher(WrappedFeatures):
    """Features of a small network that learned to tell crops of the normal images apart.

    Other features decide how images are scaled and lit, and where the cells lie; no pretrained
    network is loaded. See `triplet_objective` for what the network learns. Cost: training takes
    200 steps of 64 crops of 72 x 72 pixels.
    """

    dimensions = len(FIELDS) * DIMENSIONS

    def __init__(self, sight: NetworkFeatures, channels: int) -> None:
        super().__init__(sight)
        self._sight = sight
        self._channels = channels

    def learn(self, images: Sequence[Image], seed: int, progress: Progress) -> None:
        """Train the network on random crops of images."""
        drawn = draw_crops(
            OnDemand(len(images), lambda at: self._picture(images[at])),
            parts.CROP,
            1,
            np.random.default_rng(seed),
            span(progress, 0.0, 0.1),
        )
        # What it has learned shows on these as well as on others: it learns to tell them apart.
        crops = Crops(drawn.training, drawn.training[:: -(-len(drawn.training) // CHECKED)])
        with parts.deterministic():
            network = self._network(torch.Generator().manual_seed(seed)).to(parts.device())
            network.standardise(torch.from_numpy(drawn.training))
            objective = parts.triplet_objective(network)
            schedule = parts.Schedule(STEPS, BATCH, LEARNING_RATE)
            parts.train(network, objective, crops, schedule, seed, span(progress, 0.1, 1.0))
        self.network_ = network

    def bands(self, image: Image) -> Iterator[Band]:
        grid = self.grid(*image.shape[:2])
        rows, columns = grid.shape
        seen = self._sight.seen(image, MARGIN)[: self._channels]
        step = max(1, AT_ONCE // columns)
        for top in range(0, rows, step):
            size = min(step, rows - top), columns
            yield Band(self._describe(around(seen, top, 0, size)), top * columns, grid)

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        grid = self.grid(*image.shape[:2])
        seen = self._sight.seen(image, MARGIN)[: self._channels]
        patch = self._describe(around(seen, grid_row, grid_col, (1, 1)))
        return Band(patch, grid_row * grid.shape[1] + grid_col, grid)

    def state(self) -> dict[str, Array]:
        weights = self.network_.state_dict().items()
        return {key: value.cpu().numpy() for key, value in weights}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        network = self._network(torch.Generator())
        network.load_state_dict({key: torch.from_numpy(np.array(arrays[key])) for key in arrays})
        self.network_ = network.to(parts.device()).eval()

    def _network(self, generator: "torch.Generator") -> "parts.CellNetwork":
        return parts.CellNetwork(self._channels, WIDTH, FIELDS, DIMENSIONS, generator=generator)

    def _picture(self, image: Image) -> Image:
        """An image as the network sees it, (h, w) or (h, w, 3)."""
        planes = self._sight.seen(image, 0)[: self._channels]
        return planes[0] if self._channels == 1 else np.moveaxis(planes, 0, 2)

    def _describe(self, pixels: Array) -> Array:
        """Features (n, d) of cells, given their pixels and those around them."""
        with parts.one_thread(), torch.inference_mode():
            batch = torch.from_numpy(np.ascontiguousarray(pixels))[None].to(parts.device())
            return self.network_(batch)[0].flatten(0, 1).flatten(1).T.contiguous().cpu().numpy()
