"""The kinds of painted defects, and a defect of a size and a contrast on an image."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from images.colour import Image, Mask, to_grey
from images.errors import AnomalyError
from images.painting.cut_paste import cut_paste
from images.painting.drawn import as_large, painted_defect
from images.painting.perlin import perlin_blend
from images.painting.poisson import poisson_blend
from images.painting.textures import foreign_texture
from images.samples.defects import Defective

Painter = Callable[[Image, Image, np.random.Generator], Defective]
"""Paints on a window of an image; the second one has the same shape and is the material."""
Material = Literal["none", "same image", "another image", "foreign texture"]

SMALLEST_WINDOW = 24
"""Sides in pixels of the square that a defect is painted in, at least."""
ATTEMPTS = 20
"""Places that are tried until a defect changes a pixel of the region of interest."""


class PaintingError(AnomalyError):
    """No defect can be painted on an image; the text names it."""


@dataclass(frozen=True)
class PaintedKind:
    """A way to paint a defect."""

    name: str
    title: str
    material: Material
    """What a painter is given beside the window."""
    paint: Painter
    reference: str = ""


def _drawn(name: str) -> PaintedKind:
    def paint(window: Image, other: Image, rng: np.random.Generator) -> Defective:
        return painted_defect(name, window, other, rng)

    return PaintedKind(name, name.capitalize(), "none", paint)


KINDS: Mapping[str, PaintedKind] = {
    kind.name: kind
    for kind in (
        *map(_drawn, ("scratch", "blob", "hole", "stain")),
        PaintedKind("cut-paste", "CutPaste", "same image", cut_paste, "Li et al., CVPR 2021"),
        PaintedKind(
            "perlin", "Perlin noise", "foreign texture", perlin_blend, "Zavrtanik et al., ICCV 2021"
        ),
        PaintedKind(
            "poisson", "Poisson blend", "another image", poisson_blend, "Schlüter et al., ECCV 2022"
        ),
    )
}


@dataclass(frozen=True)
class Brush:
    """How large and how clear a defect is."""

    size: float
    """Side of the square that it is painted in, as a share of the shorter side of the image."""
    contrast: float
    """Weight of the painted pixels, from 0 to 1; the image as it was has the rest."""


def paint_defect(
    kind: str,
    image: Image,
    another: Image,
    brush: Brush,
    rng: np.random.Generator,
    counted: Mask | None = None,
) -> Defective:
    """An image (H, W) or (H, W, 3) with one painted defect, and the mask of it.

    `another` is another normal image, of any size. With `counted`, the region of interest, the
    defect lies in it, at least in part. Raises `PaintingError` when the image is smaller than
    `SMALLEST_WINDOW` or every attempt leaves it as it was.
    """
    if min(image.shape[:2]) < SMALLEST_WINDOW:
        height, width = image.shape[:2]
        raise PaintingError(
            f"An image of {width} x {height} pixels is too small to paint on; expected "
            f"{SMALLEST_WINDOW} x {SMALLEST_WINDOW} or more."
        )
    for _ in range(ATTEMPTS):
        painted = _attempt(KINDS[kind], image, another, brush, rng, counted)
        inside = painted.mask if counted is None else painted.mask & counted
        if inside.any() and not painted.mask.all():
            return painted
    raise PaintingError(f"No defect of the kind {kind} could be painted in {ATTEMPTS} attempts.")


def _attempt(
    kind: PaintedKind,
    image: Image,
    another: Image,
    brush: Brush,
    rng: np.random.Generator,
    counted: Mask | None,
) -> Defective:
    shorter = min(image.shape[:2])
    side = min(shorter, max(SMALLEST_WINDOW, round(brush.size * shorter)))
    place = _window(image, side, rng, counted)
    window = image[place]
    defect = kind.paint(window, _material(kind.material, image, another, side, rng), rng)
    painted = image.copy()
    painted[place] = window + np.float32(brush.contrast) * (defect.image - window)
    mask = np.zeros(image.shape[:2], dtype=bool)
    mask[place] = defect.mask
    return Defective(painted, mask)


def _window(
    image: Image, side: int, rng: np.random.Generator, counted: Mask | None = None
) -> tuple[slice, slice]:
    """A random square; its middle is in the region of interest as far as the border allows."""
    lengths = image.shape[:2]
    if counted is None:
        corner = [int(rng.integers(0, length - side + 1)) for length in lengths]
    else:
        places = np.argwhere(counted)
        middle = places[int(rng.integers(len(places)))]
        corner = [
            int(np.clip(at - side // 2, 0, length - side))
            for at, length in zip(middle.tolist(), lengths, strict=True)
        ]
    return slice(corner[0], corner[0] + side), slice(corner[1], corner[1] + side)


def _material(
    material: Material, image: Image, another: Image, side: int, rng: np.random.Generator
) -> Image:
    shape = (side, side, *image.shape[2:])
    if material == "foreign texture":
        return foreign_texture(shape, rng)
    source = image if material != "another image" else _alike(another, image)
    large = as_large(source, tuple(max(side, length) for length in source.shape[:2]))
    return large[_window(large, side, rng)]


def _alike(another: Image, image: Image) -> Image:
    """Another image with as many channels."""
    if another.ndim == image.ndim:
        return another
    return to_grey(another) if image.ndim == 2 else np.repeat(another[..., None], 3, axis=2)
