"""A comparison as pages to print: a cover, a page for each chosen image, then curves and numbers.

Pages are drawn with Pillow, which also writes them as one PDF.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from evaluation.assessment import Assessment
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing, decide
from evaluation.report.calls import call, marked
from evaluation.report.display import outline, overlay
from evaluation.report.drawn_text import PAPER, Pen, page
from evaluation.report.palette import DECISION_COLOUR, MASK_COLOUR, channels, colour_table
from evaluation.report.plots import PlottedMethod
from evaluation.report.sheet_plots import draw_plots, draw_table
from images.colour import Mask, to_rgb
from images.dataset import DataSet
from images.errors import shown

RESOLUTION = 150
"""Dots per inch of a page, A4 across."""
MARGIN = 70
GAP = 24
LABEL = 72
"""Height of the two lines over a picture, pixels."""
OPACITY = 0.6
TITLE, TEXT, SMALL = 44, 28, 22
"""Sizes of letters, pixels."""


@dataclass(frozen=True)
class SheetMethod:
    """A method with its colour and thresholds."""

    assessment: Assessment
    colour: str
    threshold: float
    """Of pixels."""
    image_threshold: float

    @property
    def label(self) -> str:
        """What the method is called in this comparison."""
        return self.assessment.result.variant.label

    def decided(self, index: int, processing: PostProcessing) -> Mask:
        """The mask (H, W) of a test image that the threshold of pixels decides."""
        scores, counted = self.assessment.result.maps[index], self.assessment.truths[index].counted
        return decide(scores, self.threshold, processing, counted=counted)

    def call(self, index: int) -> str:
        """What it decides about a test image as a whole, in a word or two."""
        flagged = bool(self.assessment.image_scores[index] >= self.image_threshold)
        return call(flagged, self.assessment.labels[index])


@dataclass(frozen=True)
class Sheet:
    """What the pages show."""

    title: str
    notes: str
    verdict: str
    table: Sequence[Sequence[str]]
    """Cells by row; the first row is the heading."""
    methods: Sequence[SheetMethod]
    data: DataSet
    images: Sequence[tuple[int, str]]
    """Numbers of test images, each with a sentence about it or an empty text."""
    processing: PostProcessing = NO_PROCESSING
    """Of the masks that are outlined."""


def sheet_pdf(sheet: Sheet) -> bytes:
    """All pages as one PDF; memory holds all of them, about 6 MB each."""
    pages = [
        _cover(sheet),
        *(_image_page(sheet, index, caption) for index, caption in sheet.images),
        _closing(sheet),
    ]
    buffer = io.BytesIO()
    pages[0].save(
        buffer,
        "PDF",
        save_all=True,
        append_images=pages[1:],
        resolution=RESOLUTION,
        title=sheet.title,
        quality=90,
    )
    return buffer.getvalue()


def closing_page(sheet: Sheet) -> bytes:
    """The page of curves and numbers as PNG."""
    buffer = io.BytesIO()
    _closing(sheet).save(buffer, "PNG")
    return buffer.getvalue()


def _cover(sheet: Sheet) -> Pillow.Image:
    picture, pen = page()
    width = PAPER[0] - 2 * MARGIN
    below = pen.text((MARGIN, PAPER[1] // 5), sheet.title, 2 * TITLE, width=width, bold=True)
    below = pen.text((MARGIN, below + 2 * GAP), sheet.verdict, TITLE, width=width)
    pen.text((MARGIN, below + 2 * GAP), sheet.notes, TEXT + 6, width=width)
    pen.text((MARGIN, PAPER[1] - MARGIN), sheet.data.name, SMALL)
    return picture


def _image_page(sheet: Sheet, index: int, caption: str) -> Pillow.Image:
    picture, pen = page()
    test = sheet.data.test[index]
    pen.text((MARGIN, MARGIN - 30), sheet.title, SMALL)
    name = f"{shown(test.name)}, {test.kind or 'kind unknown'}"
    below = pen.text((MARGIN, MARGIN + 6), name, TITLE, width=PAPER[0] - 2 * MARGIN, bold=True)
    below = pen.text((MARGIN, below + 6), caption, TEXT, width=PAPER[0] - 2 * MARGIN)
    pictures = _pictures(sheet, index)
    top, foot = below + GAP, PAPER[1] - MARGIN - LABEL
    columns, width, height = _grid(len(pictures), pictures[0].pixels.size, foot - top - GAP)
    for at, drawn in enumerate(pictures):
        x = MARGIN + (at % columns) * (width + GAP)
        y = top + (at // columns) * (height + LABEL + GAP)
        pen.label((x, y), drawn.title, TEXT, drawn.colour, width=width)
        pen.label((x, y + TEXT + 10), drawn.words, SMALL, None, width=width)
        picture.paste(
            drawn.pixels.resize((width, height), Pillow.Resampling.LANCZOS), (x, y + LABEL)
        )
    _legend(picture, pen, foot + 12, masked=test.read_mask is not None)
    return picture


@dataclass(frozen=True)
class _Drawn:
    """A picture with what stands over it."""

    title: str
    words: str
    colour: str | None
    """Of the method."""
    pixels: Pillow.Image


def _pictures(sheet: Sheet, index: int) -> list[_Drawn]:
    """The image, then what each method finds in it."""
    test = sheet.data.test[index]
    image, mask = test.read(), test.mask()
    thickness = max(1, round(max(image.shape[:2]) / 250))
    drawn: list[_Drawn] = []
    for method in (None, *sheet.methods):
        title, words = "Image", ""
        if method is None:
            pixels = (to_rgb(image).clip(0, 1) * 255).round().astype(np.uint8)
        else:
            scores = method.assessment.result.maps[index]
            scale = method.assessment.display_range(method.threshold)
            pixels = overlay(image, scores, scale, OPACITY)
            decided = method.decided(index, sheet.processing)
            pixels = outline(pixels, decided, channels(DECISION_COLOUR), thickness)
            title = f"{method.label}: {method.call(index)}"
            words = marked(decided, method.assessment.truths[index])
        if mask is not None:
            pixels = outline(pixels, mask, channels(MASK_COLOUR), thickness)
        colour = None if method is None else method.colour
        drawn.append(_Drawn(title, words, colour, Pillow.fromarray(pixels)))
    return drawn


def _grid(count: int, size: tuple[int, int], height: int) -> tuple[int, int, int]:
    """Columns, and the largest width and height of a picture with which all fit."""
    across, ratio = PAPER[0] - 2 * MARGIN, size[0] / size[1]
    best = (1, 1, 1)
    for columns in range(1, count + 1):
        lines = -(-count // columns)
        width = min(
            (across - GAP * (columns - 1)) / columns,
            (height / lines - LABEL - GAP) * ratio,
        )
        if width > best[1]:
            best = (columns, int(width), max(1, int(width / ratio)))
    return best


def _legend(picture: Pillow.Image, pen: Pen, top: int, *, masked: bool) -> None:
    """The colours in words, and what the two outlines are."""
    table = colour_table("Inferno")[None].repeat(18, axis=0)
    bar = Pillow.fromarray(table).resize((360, 18))
    left = MARGIN + 90
    pen.text((MARGIN, top - 5), "normal", SMALL)
    picture.paste(bar, (left, top))
    pen.text((left + 372, top - 5), "defect", SMALL)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left + 178, top - 4, left + 182, top + 22), "white", "black")
    pen.text((left + 132, top + 24), "threshold", SMALL - 4)
    pen.text((left + 520, top - 5), "white outline: marked pixels", SMALL)
    if masked:
        pen.text((left + 980, top - 5), "blue outline: true defect", SMALL)


def _closing(sheet: Sheet) -> Pillow.Image:
    picture, pen = page()
    width = PAPER[0] - 2 * MARGIN
    below = pen.text((MARGIN, MARGIN - 30), sheet.title, TITLE, width=width, bold=True)
    below = pen.text((MARGIN, below + 8), sheet.verdict, TEXT, width=width)
    lines = [PlottedMethod(method.assessment, method.colour) for method in sheet.methods]
    below = draw_plots(picture, pen, (MARGIN, below + GAP), width, lines)
    draw_table(
        pen,
        (MARGIN, below + GAP),
        width,
        sheet.table,
        [method.colour for method in sheet.methods],
        PAPER[1] - MARGIN // 2,
    )
    return picture
