"""Masks that can be misread: transparency, faint pixels, swapped colours and other sizes.

Held for each kind of file; what is offered against it is taken only where it is asked for.
"""

import io
import struct
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw
from scipy.ndimage import label

from evaluation.comparison.region import read_ignored, read_mask
from evaluation.metrics.regions import aupro, rank_pixels
from evaluation.metrics.truth import Truth
from images.dataset import DataSet, Finding
from images.masks.mask_file import Remedy, marks, resized, survey, to_mask
from images.open import from_files, named_files
from images.reading.page import Samples
from images.reading.reader import decode, headers
from images.roles.understanding import understand
from tests.odd_input.encoding import archive, chunk, encoded, grey, png, tiff

SIDE = 40
STROKES = np.zeros((SIDE, SIDE), dtype=bool)
STROKES[10:20, 15:25] = True
"""100 pixels."""
IMAGE = encoded(grey(SIDE, SIDE), "PNG")


def painted(stroke: int, ground: int, channels: int) -> np.ndarray:
    """Opaque strokes of one colour on transparent ground of another, 8-bit."""
    colour = np.where(STROKES, stroke, ground).astype(np.uint8)
    alpha = np.where(STROKES, 255, 0).astype(np.uint8)
    return np.dstack([colour] * (channels - 1) + [alpha])


def palette(stroke: int, ground: int) -> bytes:
    picture = Pillow.fromarray(STROKES.astype(np.uint8), "P")
    picture.putpalette([ground] * 3 + [stroke] * 3)
    return encoded(picture, "PNG", transparency=0)


def keyed(stroke: int, ground: int, depth: int) -> bytes:
    """A grey PNG whose ground is transparent by its value."""
    white = 2**depth - 1
    values = np.where(STROKES, stroke * white // 255, ground * white // 255)
    key = chunk(b"tRNS", struct.pack(">H", ground * white // 255))
    rows = values.astype(">u2" if depth == 16 else np.uint8)
    return png(np.ascontiguousarray(rows).view(np.uint8).reshape(SIDE, -1), depth, 0, key)


def layer(kind: str, stroke: int, ground: int) -> bytes:
    """Opaque strokes on transparent ground in a file of some kind."""
    colours = painted(stroke, ground, 4)
    deep = colours.astype(np.uint16) * 257
    multiplied = np.dstack([np.where(STROKES, stroke * 257, 0)] * 3 + [deep[..., 3]])
    files = {
        "RGBA": lambda: encoded(colours, "PNG"),
        "LA": lambda: encoded(painted(stroke, ground, 2), "PNG"),
        "palette": lambda: palette(stroke, ground),
        "tRNS": lambda: keyed(stroke, ground, 8),
        "16-bit tRNS": lambda: keyed(stroke, ground, 16),
        "TIFF": lambda: tiff(colours, photometric="rgb", extrasamples=["unassalpha"]),
        "deep TIFF": lambda: tiff(deep, photometric="rgb", extrasamples=["unassalpha"]),
        "multiplied TIFF": lambda: tiff(
            multiplied.astype(np.uint16), photometric="rgb", extrasamples=["assocalpha"]
        ),
        "WebP": lambda: encoded(colours, "WEBP", lossless=True, exact=True),
        "lossy WebP": lambda: encoded(colours, "WEBP", quality=60),
    }
    return files[kind]()


KINDS = [
    *("RGBA", "LA", "palette", "tRNS", "16-bit tRNS"),
    *("TIFF", "deep TIFF", "multiplied TIFF", "WebP", "lossy WebP"),
]


def read(data: bytes, remedies: Collection[Remedy] = ()) -> np.ndarray:
    return to_mask(_samples(data), remedies)


def _samples(data: bytes) -> Samples:
    (header,) = headers(io.BytesIO(data), "mask")
    return decode(io.BytesIO(data), "mask", header)


def with_masks(masks: dict[str, bytes], remedies: Collection[Remedy] = ()) -> DataSet:
    """Test images, each with a mask of its name."""
    images = [(name.rsplit(".", 1)[0] + ".png", IMAGE) for name in masks]
    files = named_files(test=images, masks=masks.items())
    files.check()
    return understand(files, remedies=remedies)


def with_mask(mask: bytes, remedies: Collection[Remedy] = ()) -> tuple[np.ndarray | None, Finding]:
    data = with_masks({"a.png": mask}, remedies)
    (finding,) = [each for each in data.findings if each.name == "masks/a.png"]
    return data.test[0].mask(), finding


# Transparency


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("stroke", "ground"), [(0, 255), (255, 0)])
def test_opaque_strokes_on_transparent_ground(kind: str, stroke: int, ground: int) -> None:
    assert (read(layer(kind, stroke, ground)) == STROKES).all()


@pytest.mark.parametrize("kind", ["RGBA", "LA", "palette", "TIFF", "deep TIFF", "WebP"])
@pytest.mark.parametrize("colour", [0, 255])
def test_strokes_of_the_colour_of_the_ground(kind: str, colour: int) -> None:
    assert (read(layer(kind, colour, colour)) == STROKES).all()


def test_it_is_told_that_black_counts_where_it_is_opaque() -> None:
    mask, finding = with_mask(layer("RGBA", 0, 255))
    assert mask is not None
    assert mask.sum() == 100
    assert finding.warning == (
        "masks/a.png is black in all opaque pixels, so all opaque pixels are treated as marked."
    )
    assert with_mask(layer("RGBA", 255, 255))[1].warning == ""


def test_soft_edges_of_black_strokes_are_no_colour() -> None:
    soft = painted(0, 255, 4)
    soft[9, 15:25] = (128, 128, 128, 128)
    expected = STROKES.copy()
    expected[9, 15:25] = True
    assert (read(encoded(soft, "PNG")) == expected).all()


def test_of_opaque_black_and_opaque_colour_the_colour_counts() -> None:
    values = np.zeros((SIDE, SIDE, 4), dtype=np.uint8)
    values[:30, :, 3] = 255  # the rest is transparent
    values[STROKES, 0] = 255
    values[30:, :, :3] = 255
    mask, finding = with_mask(encoded(values, "PNG"))
    assert (mask == STROKES).all()
    assert finding.warning == (
        "masks/a.png has coloured, black and transparent pixels; only the coloured ones are "
        "treated as marked."
    )


@pytest.mark.parametrize("opacity", [255, 128])
def test_an_opacity_that_is_the_same_everywhere_means_nothing(opacity: int) -> None:
    values = np.dstack([STROKES * np.uint8(255)] * 3 + [np.full((SIDE, SIDE), opacity, np.uint8)])
    mask, finding = with_mask(encoded(values, "PNG"))
    assert (mask == STROKES).all()
    assert finding.warning == ""


def test_an_empty_layer_marks_nothing() -> None:
    empty = np.full((SIDE, SIDE, 4), (255, 255, 255, 0), dtype=np.uint8)
    mask, finding = with_mask(encoded(empty, "PNG"))
    assert mask is not None
    assert not mask.any()
    assert finding.warning == ""


def test_colours_that_nobody_sees_are_told() -> None:
    values = painted(255, 0, 4)
    values[..., 3] = 0
    mask, finding = with_mask(encoded(values, "PNG"))
    assert (mask == STROKES).all()
    assert finding.warning == ("masks/a.png is fully transparent; its invisible colours are used.")


def test_pixels_without_data_are_not_marked() -> None:
    values = np.where(STROKES, 1, 255).astype(np.uint8)
    data = tiff(values, extratags=[(42113, 2, 0, "255", True)])
    assert (read(data) == STROKES).all()


@pytest.mark.parametrize("kind", KINDS)
def test_regions_and_ignored_parts_are_read_alike(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(layer(kind, 0, 255))
    said: list[str] = []
    assert (read_mask(tmp_path / "a.png", tell=said.append) == STROKES).all()
    assert said == [
        ("a.png is black in all opaque pixels, so all opaque pixels are treated as marked.")
    ]
    data = from_files(pile=[("a.png", IMAGE)])
    assert (read_ignored(tmp_path, data)["a.png"] == STROKES).all()


# Faint pixels


def shapes() -> Pillow.Image:
    """Three spots with hard edges, 96 x 128."""
    picture = Pillow.new("L", (128, 96))
    draw = ImageDraw.Draw(picture)
    draw.ellipse([20, 20, 47, 40], fill=255)
    draw.line([70, 10, 110, 50], fill=255, width=4)
    draw.rectangle([30, 61, 51, 80], fill=255)
    return picture


def once_a_jpeg(picture: Pillow.Image, quality: int, format: str = "PNG") -> bytes:
    exact = {"lossless": True} if format == "WEBP" else {}
    jpeg = Pillow.open(io.BytesIO(encoded(picture, "JPEG", quality=quality)))
    return encoded(jpeg, format, **exact)


def regions(mask: np.ndarray) -> int:
    return int(label(mask, np.ones((3, 3)))[1])


@pytest.mark.parametrize("quality", [50, 75, 90, 95, 98, 100])
@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "WEBP"])
def test_what_was_a_jpeg_is_seen_and_the_threshold_restores_it(quality: int, format: str) -> None:
    exact = np.asarray(shapes()) > 0
    data = once_a_jpeg(shapes(), quality, format)
    assert regions(read(data)) > regions(exact) == 3
    assert survey(_samples(data)).faint
    assert (read(data, {"threshold"}) == exact).all()


def test_what_was_a_jpeg_and_black_on_white() -> None:
    exact = np.asarray(shapes()) > 0
    swapped = Pillow.fromarray(255 - np.asarray(shapes()))
    assert (read(once_a_jpeg(swapped, 75), {"invert", "threshold"}) == exact).all()


def test_pixels_between_transparent_and_opaque_may_be_faint_too() -> None:
    alpha = np.asarray(Pillow.open(io.BytesIO(once_a_jpeg(shapes(), 75))))
    data = encoded(np.dstack([np.full_like(alpha, 200)] * 3 + [alpha]), "PNG")
    assert survey(_samples(data)).faint
    assert (read(data, {"threshold"}) == (np.asarray(shapes()) > 0)).all()


def clean_masks() -> dict[str, np.ndarray]:
    exact = np.asarray(shapes())
    large = shapes().resize((512, 384), Pillow.Resampling.NEAREST)
    classes = np.where(exact > 0, np.arange(128) // 43 + 1, 0)
    return {
        "black and white": exact,
        "zeros and ones": exact // 255,
        "16 bits": exact * np.uint16(257),
        "soft edges": np.asarray(large.resize((121, 90), Pillow.Resampling.BOX)),
        "classes": classes.astype(np.uint8),
        "instances": (classes * 100).astype(np.uint16),
        "empty": exact * 0,
    }


@pytest.mark.parametrize("kind", clean_masks())
def test_a_clean_mask_is_not_doubted_and_counts_above_0(kind: str) -> None:
    values = clean_masks()[kind]
    found = survey(Samples(values))
    assert not found.faint
    assert found.marked == pytest.approx(float((values > 0).mean()))
    assert (to_mask(Samples(values)) == (values > 0)).all()


def test_what_an_editor_resized_with_overshoot_is_faint() -> None:
    large = shapes().resize((512, 384), Pillow.Resampling.NEAREST)
    values = np.asarray(large.resize((121, 90), Pillow.Resampling.LANCZOS))
    assert survey(Samples(values)).faint


def jpeg_set(remedies: Collection[Remedy] = ()) -> tuple[DataSet, Finding]:
    image = encoded(grey(96, 128), "PNG")
    files = named_files(test=[("a.png", image)], masks=[("a.png", once_a_jpeg(shapes(), 75))])
    files.check()
    data = understand(files, remedies=remedies)
    return data, next(each for each in data.findings if each.role == "mask")


def perfect_aupro(mask: np.ndarray) -> float:
    """AUPRO of a map that is high exactly on the three spots and lower the farther away."""
    exact = np.asarray(shapes()) > 0
    noise = np.random.default_rng(0).random(exact.shape)
    scores = (exact * 10 + noise).astype(np.float32)
    return aupro(rank_pixels([scores], [Truth("a", mask, None, None)]), 0.3)


def test_faint_pixels_are_told_and_left_out_when_asked() -> None:
    data, finding = jpeg_set()
    mask = data.test[0].mask()
    assert mask is not None
    assert perfect_aupro(mask) < 0.8
    assert finding.remedies == ("threshold",)
    assert finding.warning.startswith(
        "masks/a.png has faint pixels around the mask, as left by JPEG compression. They are "
        "treated as marked ("
    )
    data, finding = jpeg_set({"threshold"})
    mask = data.test[0].mask()
    assert mask is not None
    assert regions(mask) == 3
    assert perfect_aupro(mask) == pytest.approx(1)
    assert finding.remedies == ("threshold",)
    assert finding.warning == ""
    assert finding.text == "Mask of test/a.png: 128 x 96, 8-bit grey PNG; faint pixels removed."


def test_a_region_that_was_a_jpeg(tmp_path: Path) -> None:
    (tmp_path / "region.png").write_bytes(once_a_jpeg(shapes(), 75))
    said: list[str] = []
    exact = np.asarray(shapes()) > 0
    assert (read_mask(tmp_path / "region.png", ["threshold"], said.append) == exact).all()
    assert said == []
    assert read_mask(tmp_path / "region.png", (), said.append).sum() > exact.sum()
    assert said == [
        "region.png has faint pixels around the mask, as left by JPEG compression. They are "
        "treated as marked."
    ]


# Swapped


def test_an_inverted_mask_is_told_and_inverted_when_asked() -> None:
    swapped = encoded(np.where(STROKES, 0, 255).astype(np.uint8), "PNG")
    mask, finding = with_mask(swapped)
    assert (mask == ~STROKES).all()
    assert finding.remedies == ("invert",)
    assert finding.warning == (
        "masks/a.png marks 94 % of the image as defective: it may be inverted."
    )
    mask, finding = with_mask(swapped, {"invert"})
    assert (mask == STROKES).all()
    assert finding.remedies == ("invert",)
    assert finding.warning == ""
    assert finding.text.endswith("; inverted.")


def test_masks_are_inverted_as_a_set() -> None:
    small = np.where(STROKES, 0, 255).astype(np.uint8)
    most = np.full((SIDE, SIDE), 255, np.uint8)
    most[:30] = 0  # the defect is 75 % of the image
    none = np.full((SIDE, SIDE), 255, np.uint8)
    masks = {"a.png": small, "b.png": most, "c.png": none}
    files = {name: encoded(values, "PNG") for name, values in masks.items()}
    offered = with_masks(files)
    assert all(each.remedies == ("invert",) for each in offered.findings if each.role == "mask")
    assert [picture.mask().sum() for picture in offered.test] == [  # type: ignore[union-attr]
        *(SIDE * SIDE - 100, SIDE * 10, SIDE * SIDE)
    ]
    (about_most,) = [each.warning for each in offered.findings if each.name == "masks/b.png"]
    assert about_most == "masks/b.png may be inverted, like most of the other masks."
    data = with_masks(files, {"invert"})
    assert [picture.mask().sum() for picture in data.test] == [  # type: ignore[union-attr]
        *(100, SIDE * 30, 0)
    ]


def test_one_large_defect_among_sound_masks_inverts_none_of_them() -> None:
    masks = {
        "a.png": encoded(STROKES, "PNG"),
        "b.png": encoded(STROKES, "PNG"),
        "c.png": encoded(~STROKES, "PNG"),
    }
    data = with_masks(masks, {"invert"})
    assert [picture.mask().sum() for picture in data.test] == [100] * 3  # type: ignore[union-attr]


def test_a_wholly_black_mask_of_an_inverted_set_marks_all() -> None:
    white = Samples(np.full((3, 3), 255, np.uint8))
    assert not to_mask(white, {"invert"}).any()
    assert to_mask(Samples(np.zeros((3, 3), np.uint8)), {"invert"}).all()


def test_true_and_false_saved_with_white_at_zero() -> None:
    data = tiff(STROKES)  # tifffile calls it WhiteIsZero
    mask, finding = with_mask(data)
    assert (mask == ~STROKES).all()
    assert finding.remedies == ("invert",)
    assert finding.warning == (
        "masks/a.png marks 94 % of the image as defective: 0 is white in this file, so it may have "
        "been saved from booleans and be inverted."
    )
    mask, finding = with_mask(data, {"invert"})
    assert (mask == STROKES).all()
    assert finding.warning == ""


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
def test_white_at_zero_in_any_depth(dtype: str) -> None:
    values = np.where(STROKES, 0, 1).astype(dtype)
    values *= 255 if dtype == "uint8" else 1
    found = read(tiff(values, photometric="miniswhite"))
    assert (found == STROKES).all() or found.all()  # 1 of 255 is not black
    assert (read(tiff(values, photometric="miniswhite"), {"invert"}) == ~STROKES).all()


# Another size


def test_a_mask_one_pixel_larger_is_told_and_fitted_when_asked() -> None:
    larger = np.pad(STROKES, ((0, 1), (0, 1)))
    mask, finding = with_mask(encoded(larger, "PNG"))
    assert mask is None
    assert (finding.role, finding.remedies) == ("not used", ("resize",))
    assert finding.text == (
        "masks/a.png is a mask of 41 x 41 pixels, but its image test/a.png is 40 x 40."
    )
    mask, finding = with_mask(encoded(larger, "PNG"), {"resize"})
    assert mask is not None
    assert mask.shape == STROKES.shape
    assert (finding.role, finding.remedies) == ("mask", ("resize",))
    assert finding.text.endswith("; resized to its image.")
    apart = np.argwhere(mask != STROKES)
    near = np.pad(STROKES, 1)
    assert all(near[y : y + 3, x : x + 3].any() for y, x in apart), "off by a pixel at most"


@pytest.mark.parametrize("times", [2, 3])
def test_a_mask_at_another_scale_is_fitted(times: int) -> None:
    larger = np.kron(STROKES, np.ones((times, times), dtype=bool))
    assert (with_mask(encoded(larger, "PNG"), {"resize"})[0] == STROKES).all()
    assert (resized(STROKES, times * SIDE, times * SIDE) == larger).all()


def test_a_mask_of_other_proportions_is_never_fitted() -> None:
    mask, finding = with_mask(encoded(STROKES[:30], "PNG"), {"resize"})
    assert mask is None
    assert finding.remedies == ()


# All at once


def test_remedies_leave_sound_masks_as_they_are() -> None:
    mask, finding = with_mask(encoded(STROKES, "PNG"), {"threshold", "invert", "resize"})
    assert (mask == STROKES).all()
    assert (finding.remedies, finding.warning) == ((), "")


def test_marks_of_one_colour_are_as_strong_as_their_opacity() -> None:
    values = np.full((1, 3), 200, np.uint8)
    alpha = np.array([[0, 0.5, 1]], dtype=np.float32)
    assert marks(Samples(values, alpha)).strength.tolist() == [[0, 100, 200]]


def test_remedies_hold_in_an_archive(tmp_path: Path) -> None:
    swapped = encoded(~STROKES, "PNG")
    path = tmp_path / "set.zip"
    path.write_bytes(archive({"test/hole/a.png": IMAGE, "ground_truth/hole/a.png": swapped}))
    from images.open import find_files

    data = understand(find_files(path), remedies={"invert"})
    assert (data.test[0].mask() == STROKES).all()
