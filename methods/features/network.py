"""Activations of a pretrained network as the description of a patch."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from images.colour import Image
from methods.blas import one_core
from methods.detector import Array
from methods.effort import FREE, Effort
from methods.errors import DetectorError, EarlierVersionError, OtherNetworkError
from methods.features.aligned import Alignment, PositionMeans
from methods.features.backbones import registry as backbones
from methods.features.lighting import UNCHANGED, Lighting, LightingChoice, lighting_field, measured
from methods.features.magnification import Detail, best_scale
from methods.features.patch_features import Band, Patches, PatchFeatures
from methods.features.prepared import prepared
from methods.features.registry import FeatureKind, register
from methods.features.sampling import in_steps, sampled
from methods.features.tiles import Piece, Tiling
from methods.parameters import Offered, Parameters
from methods.patches.grid import PatchGrid, ScoreMap
from methods.search import one_of

FINEST_CELL = 8
"""Pixels from one cell to the next where the chosen stages have a finer grid than that."""

MARGIN = 64
"""Pixels by which an image is mirrored beyond its borders, so that the zeros with which a network
pads its input stay away from the cells."""

CONTEXT = 16
"""Surroundings that a tile brings along, in cells of the coarsest stage. EfficientNet-Lite sees no
farther, so there tiles agree with the whole; a network that pools over the whole image does not."""

CELLS_AT_ONCE = 4096
"""Cells of a band, in whole rows: their patches stay near a core while a model scores them."""

WEIGHTS = "network.weights"
"""The name under which the digest of the network's weights is kept."""
WINSORISED = "network.winsorised"
"""The name under which the lighting of the normal images is kept."""

StageNumber = Annotated[int, Field(ge=1, le=99)]


class ActivationParameters(Parameters):
    """Which activations of a network describe a patch, and what image the network is given."""

    backbone: Annotated[str, Offered(backbones.offered)] = Field(
        backbones.DEFAULT,
        title="Network",
        description="The pretrained network, for example efficientnet-lite0. timm:NAME is one of "
        "the package timm, timm:NAME@FILE one with weights in a file, and onnx:FILE one in an ONNX "
        "file; README says more. Of a network with a single stage, the default stages mean that. "
        "efficientnet-lite2 takes about 1.7 times as long as lite0.",
        json_schema_extra=FREE,
    )
    stages: tuple[StageNumber, ...] = Field(
        (4, 6),
        min_length=1,
        title="Stages",
        description="Network stages whose activations are used, separated by commas. Stage 1 is "
        "the stem. Later stages have a larger field of view and a coarser grid. "
        "Stage 4 has cells of 8 pixels, for small defects; stage 6 describes the "
        "surrounding texture.",
        json_schema_extra=one_of("4,6", "4", "5", "6", "4,5", "3,4,5,6") | FREE,
    )
    average: bool = Field(
        True,
        title="Average 3 x 3",
        description="Average activations over 3 x 3 cells.",
        json_schema_extra=one_of(True, False) | FREE,
    )
    short_side: int = Field(
        0,
        ge=0,
        le=4096,
        title="Short side",
        description="Images are resized so that their short side has this many pixels; the "
        "aspect ratio is kept. 0 selects one scale for all images, from 0.5 to 2, "
        "from the detail in the normal images: smooth images are shrunk and fine "
        "textures enlarged. Times grow with the square of the scale.",
        json_schema_extra=FREE,
    )
    lighting: LightingChoice = lighting_field("matched")

    def effort(self) -> Effort:
        effort = super().effort()
        default = type(self).model_fields
        try:
            before = _work_a_pixel(default["backbone"].default, default["stages"].default)
            now = _work_a_pixel(self.backbone, self.stages)
        except DetectorError:  # told when it runs
            now = None
        if now is None or before is None:
            return replace(effort, unknown=(*effort.unknown, "Network"))
        each = now / before
        return replace(effort, inference=each * effort.inference)

    def pixel_share(self, details: Sequence[Detail]) -> float:
        if not details:
            return 1.0
        if not self.short_side:
            return best_scale(details) ** 2
        return fmean((self.short_side / min(one.height, one.width)) ** 2 for one in details)

    def network_features(self) -> "NetworkFeatures":
        """The features asked for; raises `DetectorError` when the network has no such stage."""
        stages = self.stages
        is_default = stages == type(self).model_fields["stages"].default
        if is_default and len(backbones.get(self.backbone).stages) == 1:
            stages = (1,)
        return NetworkFeatures(
            self.backbone,
            stages,
            average=self.average,
            short_side=self.short_side,
            match_lighting=self.lighting == "matched",
        )


PASSES = {
    "efficientnet-lite0": 1.0,
    "efficientnet-lite1": 1.55,
    "efficientnet-lite2": 2.2,
}
"""Multiplications of a pass of a network for an image, in those of the first."""
PASS = 0.6
"""Share of a pass of the first network in the time for an image; the rest is for its patches."""


def _work_a_pixel(backbone: str, stages: Sequence[int]) -> float | None:
    """The time for a pixel, where the stages 3 to 6 of the first network take 1; None if unknown.

    A pass takes as long as the network multiplies, all else as its patches have features.
    """
    if backbone not in PASSES:
        return None
    usual, chosen = (
        _features_a_pixel(*each)
        for each in (("efficientnet-lite0", (3, 4, 5, 6)), (backbone, stages))
    )
    return PASS * PASSES[backbone] + (1 - PASS) * chosen / usual


def _features_a_pixel(backbone: str, stages: Sequence[int]) -> float:
    described = [backbones.get(backbone).stage(number) for number in stages]
    cell = max(FINEST_CELL, min(stage.stride for stage in described))
    return sum(stage.channels for stage in described) / cell**2


class NetworkParameters(ActivationParameters):
    """What a detector that works on the activations of a network lets a person choose."""

    alignment: Alignment = Field(
        "auto",
        title="Aligned images",
        description="Compare each patch with patches at the same position, for images of a product "
        'that is always in the same place. "auto" decides from the normal images: position must '
        "explain 10 % of the variance, and all images must have the same size.",
        json_schema_extra=FREE,
    )


class NetworkFeatures(PatchFeatures):
    """Activations of one or several stages of a backbone, on the grid of the finest of them.

    Cells are never finer than `FINEST_CELL` pixels. Coarser stages are interpolated and finer ones
    sampled at the centres of the cells, which is where the network itself looks. With `average`
    an activation is the mean over 3 x 3 cells of its stage. An image keeps its aspect: it is
    resized until its short side has `short_side` pixels, and with 0 by the scale that `fit` chose
    (see `magnification`). With `match_lighting` it is brought to the brightness and contrast of the
    images that `fit` saw (see `lighting`).

    Large images go through the network in tiles (see `tiles`); for these nothing is stretched.
    Cost: one pass of the network.
    """

    costly = True

    def __init__(
        self,
        backbone: str,
        stages: Sequence[int],
        *,
        average: bool = True,
        short_side: int = 0,
        match_lighting: bool = False,
    ) -> None:
        self.backbone = backbones.get(backbone)
        self.stages = [self.backbone.stage(number) for number in sorted(set(stages))]
        self.average = average
        self.short_side = short_side
        self.scale_ = 1.0
        """By which images are resized where no short side was asked for."""
        self.match_lighting = match_lighting
        self.lighting_: Lighting | None = None
        self.finest = min(self.stages, key=lambda stage: stage.stride)
        self.cell = max(FINEST_CELL, self.finest.stride)
        unit = math.lcm(*(stage.stride for stage in self.stages))
        self.tiling = Tiling(
            cell=self.cell,
            first=self.finest.centre,
            margin=MARGIN if self.backbone.padded else 0,
            unit=unit,
            context=CONTEXT * unit,
            window=self.backbone.window,
        )

    def fit(self, images: Sequence[Image]) -> None:
        seen = [(Detail.of(image), Lighting.of(image)) for image in measured(images)]
        details, lights = zip(*seen, strict=True)
        if self.short_side == 0:
            self.scale_ = best_scale(details)
        if self.match_lighting:
            self.lighting_ = Lighting.usual(lights)

    def signature(self) -> str:
        stages = ",".join(str(stage.number) for stage in self.stages)
        size = f"{self.scale_:.4f}" if self.short_side == 0 else f"{self.short_side} px"
        network = f"{self.backbone.name} {self.backbone.digest}"
        return f"{network} {stages} {self.average} {size} {self.lighting_}"

    def text(self) -> str:
        if self.short_side > 0 or self.scale_ == 1.0:
            return ""
        return f" Images are resized by {self.scale_:.2f} for the network."

    def state(self) -> dict[str, Array]:
        lighting = {WINSORISED: np.array(self.lighting_)} if self.lighting_ else {}
        weights = {WEIGHTS: self._weights} if self.backbone.digest else {}
        return {"network.scale": np.array(self.scale_), **lighting, **weights}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        if self.backbone.digest:
            if WEIGHTS not in arrays:
                raise EarlierVersionError("did not keep which weights the network had")
            if not np.array_equal(arrays[WEIGHTS], self._weights):
                raise OtherNetworkError(f"other weights of {self.backbone.title}")
        if "network.scale" not in arrays:
            raise EarlierVersionError("did not keep by what scale images are resized")
        self.scale_ = float(arrays["network.scale"])
        if self.match_lighting:
            if WINSORISED not in arrays:
                raise EarlierVersionError(
                    "did not keep the lighting of the normal images, or with strong defects in it"
                )
            self.lighting_ = Lighting(*arrays[WINSORISED].tolist())

    @property
    def _weights(self) -> Array:
        """The digest of the network's weights, as an array."""
        return np.frombuffer(bytes.fromhex(self.backbone.digest), dtype=np.uint8)

    @property
    def border(self) -> int:
        """Cells from the border inwards whose activations show that the image ends there."""
        return MARGIN // self.cell

    @property
    def parts(self) -> tuple[int, ...]:
        return tuple(stage.channels for stage in self.stages)

    def channel_names(self) -> list[str]:
        """A name for every component of a patch."""
        return [
            f"stage {stage.number}, channel {channel}"
            for stage in self.stages
            for channel in range(stage.channels)
        ]

    def grid(self, height: int, width: int) -> PatchGrid:
        scaled_height, scaled_width = self._scaled(height, width)
        # Odd, so that a window has a middle pixel, and about as wide as what a cell sees best.
        window = 2 * round(2 * self.cell * height / scaled_height) + 1
        tops, lefts = (
            np.rint((self._centres(scaled) + 0.5) * side / scaled - 0.5 - (window - 1) / 2)
            for scaled, side in ((scaled_height, height), (scaled_width, width))
        )
        return PatchGrid(height, width, window, tops.astype(np.int64), lefts.astype(np.int64))

    def bands(self, image: Image) -> Iterator[Band]:
        grid = self.grid(*image.shape[:2])
        given = self._prepare(image, self.tiling.margin)
        rows, across = self._pieces(given, grid)
        for piece in rows:
            seen = [(other, self._activations(given, piece, other)) for other in across]
            for cells in in_steps(piece.cells, max(1, CELLS_AT_ONCE // grid.shape[1])):
                patches = self._patches(seen, replace(piece, cells=cells))
                yield Band(patches, cells.start * grid.shape[1], grid)

    def seen(self, image: Image, margin: int) -> NDArray[np.float32]:
        """The image as the network sees it, (3, rows * cell + 2 margin, columns * cell + 2 margin).

        Cell (i, j) of the grid looks at the middle of the square of `cell` pixels whose first pixel
        is (margin + i * cell, margin + j * cell), to half a pixel. `margin` is at most 32.
        """
        mirrored = self._prepare(image, MARGIN)[0]
        first = MARGIN - margin + round(self.finest.centre - (self.cell - 1) / 2)
        rows, columns = (
            slice(first, first + cells * self.cell + 2 * margin)
            for cells in self.grid(*image.shape[:2]).shape
        )
        return mirrored[:, rows, columns]

    def to_pixels(self, grid: PatchGrid, scores: ScoreMap) -> ScoreMap:
        return grid.interpolate(scores)

    def to_smooth_pixels(self, grid: PatchGrid, scores: ScoreMap, sigma: float) -> ScoreMap:
        return grid.interpolate(scores, sigma)

    def at(self, image: Image, grid_row: int, grid_col: int) -> Band:
        grid = self.grid(*image.shape[:2])
        given = self._prepare(image, self.tiling.margin)
        row, column = (
            self.tiling.around(cell, pieces, length)
            for cell, pieces, length in zip(
                (grid_row, grid_col),
                self._pieces(given, grid),
                given.shape[2:],
                strict=True,
            )
        )
        seen = self._activations(given, row, column)
        row, column = (
            replace(piece, cells=range(cell, cell + 1))
            for piece, cell in ((row, grid_row), (column, grid_col))
        )
        patch = self._patches([(column, seen)], row)
        return Band(patch, grid_row * grid.shape[1] + grid_col, grid)

    def _scaled(self, height: int, width: int) -> tuple[int, int]:
        scale = self.short_side / min(height, width) if self.short_side > 0 else self.scale_
        return round(height * scale), round(width * scale)

    def _centres(self, length: int) -> NDArray[np.float64]:
        """Where the cells along one side of a scaled image look, in its pixels."""
        cells = np.arange(-(-length // self.cell), dtype=np.float64)
        return cells * self.cell + self.finest.centre

    def _prepare(self, image: Image, margin: int) -> NDArray[np.float32]:
        """The image (1, 3, h, w) as the network wants it, scaled and mirrored at its borders."""
        size = self._scaled(*image.shape[:2])
        change = self.lighting_.matching(image) if self.lighting_ else UNCHANGED
        margins = [self.tiling.padding(length, axis, margin) for axis, length in enumerate(size)]
        return prepared(image, size, margins, self.backbone.mean, self.backbone.std, change)

    def _pieces(
        self, given: NDArray[np.float32], grid: PatchGrid
    ) -> tuple[list[Piece], list[Piece]]:
        """The pieces of the rows and those of the columns of a grid."""
        rows, columns = grid.shape
        shape = given.shape[2:]
        return self.tiling.rows(rows, shape), self.tiling.columns(columns, shape)

    def _activations(
        self, given: NDArray[np.float32], rows: Piece, columns: Piece
    ) -> list[NDArray[np.float32]]:
        """What the network makes of a tile, (channels, h, w) for each stage."""
        network = backbones.network(
            self.backbone.name, tuple(stage.number for stage in self.stages)
        )
        tile = given[:, :, rows.start : rows.stop, columns.start : columns.stop]
        return [stage[0] for stage in network(np.ascontiguousarray(tile))]

    def _patches(
        self, seen: Sequence[tuple[Piece, list[NDArray[np.float32]]]], rows: Piece
    ) -> Patches:
        """The patches (n, d) of rows of cells, from the activations of each piece of the columns.

        In memory the values of one feature lie side by side, as the network gives them.
        """
        first, last = seen[0][0].cells, seen[-1][0].cells
        count, width = len(rows.cells), last.stop - first.start
        channels = np.cumsum([0, *self.parts])
        patches = np.empty((channels[-1] * count, width), dtype=np.float32)
        with one_core():
            for piece, activations in seen:
                within = patches[:, piece.cells.start - first.start :][:, : len(piece.cells)]
                for at, stage in enumerate(self.stages):
                    sampled(
                        *(activations[at], stage, self.tiling, rows, piece),
                        average=self.average,
                        out=within[channels[at] * count : channels[at + 1] * count],
                    )
        return patches.reshape(channels[-1], -1).T


@register
class NetworkKind(FeatureKind):
    """Activations of a network, which know where normal images are aligned."""

    name = "network"
    summary = "the activations of a pretrained network"
    rank = 0
    Params = NetworkParameters

    def features(self, params: NetworkParameters) -> NetworkFeatures:
        return params.network_features()

    def position_means(self, params: NetworkParameters) -> PositionMeans:
        return PositionMeans(params.alignment)
