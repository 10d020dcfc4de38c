"""Drawn photographs of one small circuit board, always at the same place, as under a fixed camera.

The board is drawn three times as large and made smaller, so that a part may lie between two pixels.
From one image to the next it moves by up to a pixel; light, solder, the seat of every part and the
grain of the camera vary a little. A defect is drawn on the same board; the same image without it
tells its mask.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter
from scipy.ndimage import binary_closing, binary_fill_holes, gaussian_filter

from images.colour import Image
from images.dataset import GOOD
from images.samples.defects import Defective, paint

SIDE = 160
NORMAL, GOOD_TEST, EACH_DEFECT = 16, 5, 2
SCALE = 3
"""Drawn pixels for one pixel of the image."""
SHIFT = 1.0
"""Pixels by which the board moves to either side at most."""
VISIBLE = 0.02
"""Change of brightness from which on a pixel belongs to a defect."""

Canvas = NDArray[np.float32]
Colour = tuple[int, int, int]
TABLE: Colour = (52, 53, 56)
RESIST: Colour = (22, 92, 58)
COPPER: Colour = (40, 122, 76)
"""Copper below the green solder resist."""
GOLD: Colour = (188, 156, 84)
SOLDER: Colour = (138, 142, 146)
INK: Colour = (128, 164, 142)
BLACK: Colour = (46, 47, 50)
BROWN: Colour = (158, 122, 86)
BLUE: Colour = (58, 82, 124)
YELLOW: Colour = (226, 178, 58)


@dataclass(frozen=True)
class Part:
    """A soldered part; lengths in pixels of the image, angles in degrees."""

    row: float
    column: float
    length: float
    width: float
    colour: Colour
    legs: int = 1
    """On each of its two ends."""
    angle: float = 0.0
    """0 when its legs point left and right."""
    turn: float = 0.0
    """By which it lies askew on its pads."""


PARTS = (
    Part(78, 80, 32, 40, BLACK, legs=4),
    Part(38, 44, 17, 9, BLACK),
    Part(38, 78, 17, 9, BLACK),
    Part(38, 112, 17, 9, BROWN),
    Part(72, 34, 17, 9, BROWN, angle=90),
    Part(98, 34, 17, 9, BLACK, angle=90),
    Part(72, 126, 17, 9, BLACK, angle=90),
    Part(98, 126, 19, 11, BLUE, angle=90),
    Part(124, 62, 17, 9, BLACK),
    Part(124, 98, 19, 11, BROWN),
)
TRACES = (
    ((38, 52), (38, 70)),
    ((38, 86), (38, 104)),
    ((64, 60), (52, 51), (46, 34), (38, 34)),
    ((73, 60), (63, 46), (63, 34)),
    ((82, 60), (75, 50), (89, 34)),
    ((91, 60), (107, 48), (107, 34)),
    ((91, 100), (106, 112), (107, 126)),
    ((82, 100), (81, 114), (89, 126)),
    ((64, 100), (52, 110), (38, 122)),
    ((73, 100), (63, 112), (63, 126)),
    ((107, 34), (124, 52), (124, 52)),
    ((124, 72), (124, 88)),
    ((124, 108), (107, 126)),
    ((112, 80), (118, 52), (134, 52), (134, 80)),
)
"""Corners of the copper tracks, as rows and columns."""
VIAS = ((52, 51), (46, 34), (75, 50), (81, 114), (134, 80), (52, 110), (50, 80), (112, 80))
HOLES = ((27, 27), (27, 133), (133, 27), (133, 133))


@dataclass(frozen=True)
class Board:
    """What is on a board: parts, which of them is missing, scratches and stains."""

    parts: tuple[Part, ...] = PARTS
    missing: tuple[int, ...] = ()
    scratch: tuple[tuple[float, float], ...] = ()
    """Points of a scratch as rows and columns; none without one."""
    stain: Canvas | None = field(default=None, compare=False)
    """How much of the board a stain hides, (SIDE, SIDE) from 0 to 1."""


def draw_sample(seed: int) -> tuple[list[Image], list[tuple[str, Image | Defective]]]:
    """16 normal images for training, and for testing 5 normal ones and 2 of each kind of defect.

    Images are (160, 160, 3), in steps of 1/255.
    """
    rng = np.random.default_rng(seed)
    normal = [draw(rng) for _ in range(NORMAL)]
    test: list[tuple[str, Image | Defective]] = [(GOOD, draw(rng)) for _ in range(GOOD_TEST)]
    for kind, defect in DEFECTS.items():
        test += [(kind, draw_defective(rng, defect)) for _ in range(EACH_DEFECT)]
    return normal, test


def draw(rng: np.random.Generator) -> Image:
    """One image without defects."""
    seed = int(rng.integers(2**32))
    return _photograph(_seen(Board(), seed), seed)


def draw_defective(rng: np.random.Generator, defect: "Defect") -> Defective:
    """One image with a defect. The mask holds every pixel that the defect changes visibly."""
    seed, board = int(rng.integers(2**32)), defect(rng)
    clean, spoiled = _seen(Board(), seed), _seen(board, seed)
    changed = np.abs(spoiled - clean).max(axis=2) > VISIBLE
    mask = binary_fill_holes(binary_closing(changed, iterations=2))
    return paint(_photograph(clean, seed), mask, _photograph(spoiled, seed))


def missing(rng: np.random.Generator) -> Board:
    """A part that was never placed; its pads lie open."""
    return Board(missing=(int(rng.integers(1, len(PARTS))),))


def rotated(rng: np.random.Generator) -> Board:
    """A part that lies askew on its pads."""
    at = int(rng.integers(1, len(PARTS)))
    turn = rng.uniform(25, 50) * rng.choice([-1, 1])
    return _with(at, replace(PARTS[at], turn=float(turn)))


def wrong(rng: np.random.Generator) -> Board:
    """A yellow capacitor, larger than the part that belongs in its place."""
    at = int(rng.integers(1, len(PARTS)))
    return _with(at, replace(PARTS[at], colour=YELLOW, length=22, width=14))


def scratch(rng: np.random.Generator) -> Board:
    """A thin line where the resist is gone and copper or fibre shows."""
    start = rng.uniform([104, 40], [116, 70])
    angle, length = rng.uniform(-0.7, 0.3), rng.uniform(34, 46)
    steps = np.linspace(0, 1, 6)
    line = start + length * steps[:, None] * (np.sin(angle), np.cos(angle))
    line[:, 0] += rng.uniform(-4, 4) * (1 - (2 * steps - 1) ** 2) + rng.normal(scale=0.4, size=6)
    return Board(scratch=tuple((float(row), float(column)) for row, column in line))


def stain(rng: np.random.Generator) -> Board:
    """Dried flux: a whitish film with a thicker rim."""
    row, column = rng.uniform([40, 40], [120, 120])
    rows, columns = np.indices((SIDE, SIDE))
    ragged = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 5)
    radius = rng.uniform(10, 14)
    distance = np.hypot(rows - row, (columns - column) * rng.uniform(0.7, 1.2)) / radius
    distance *= 1 + 0.15 * ragged / ragged.std()
    inside = gaussian_filter((distance < 1).astype(np.float32), 0.8)
    rim = np.exp(-(((distance - 0.9) / 0.12) ** 2))
    return Board(stain=(inside * (0.35 + 0.5 * rim)).astype(np.float32))


Defect = Callable[[np.random.Generator], Board]
DEFECTS: dict[str, Defect] = {
    "missing part": missing,
    "rotated part": rotated,
    "wrong part": wrong,
    "scratch": scratch,
    "stain": stain,
}


def _with(at: int, part: Part) -> Board:
    return Board(parts=(*PARTS[:at], part, *PARTS[at + 1 :]))


def _photograph(seen: Canvas, seed: int) -> Image:
    """Add the grain of the camera, the same for each seed."""
    grain = np.random.default_rng([seed, 1]).normal(size=seen.shape)
    grain = 0.7 * grain + 0.5 * grain.mean(axis=2, keepdims=True)
    levels = np.clip(np.rint(255 * (seen + (0.008 + 0.012 * seen) * grain)), 0, 255)
    return np.divide(levels, np.float32(255), dtype=np.float32)


def _seen(board: Board, seed: int) -> Canvas:
    """What the camera sees of a board, without grain, (SIDE, SIDE, 3).

    Draws as many random numbers for every board, so that only what differs between two boards
    differs between their images.
    """
    rng = np.random.default_rng(seed)
    shift = rng.uniform(-SHIFT, SHIFT, 2)
    seats = rng.normal(scale=(0.25, 0.25, 0.8), size=(len(PARTS), 3))
    shades = 1 + rng.normal(scale=0.04, size=len(PARTS))
    solder = rng.uniform(0.94, 1.06, size=(len(PARTS), 16))
    canvas = _bare_board(shift)
    if board.scratch:
        _scrape(canvas, board.scratch, shift)
    laid = []
    for at, part in enumerate(board.parts):
        placed = replace(
            part,
            row=part.row + seats[at, 0],
            column=part.column + seats[at, 1],
            turn=part.turn + seats[at, 2],
        )
        _solder(canvas, part, shift, solder[at], open_pads=at in board.missing)
        if at not in board.missing:
            laid.append((placed, float(shades[at])))
    _shadow(canvas, [_corners(part, part.length, part.width) for part, _ in laid], shift, 1.5)
    for part, shade in laid:
        _place(canvas, part, shift, shade)
    light = np.asarray(
        canvas.resize((SIDE, SIDE), Pillow.Resampling.BOX), dtype=np.float32
    ) / np.float32(255)
    light = _lit(light, rng)
    if board.stain is not None:
        film = np.array([0.88, 0.86, 0.76], dtype=np.float32)
        light = light + board.stain[..., None] * (film - light)
    return gaussian_filter(light, (0.65, 0.65, 0))


def _lit(light: Canvas, rng: np.random.Generator) -> Canvas:
    """Uneven light from above, a little brighter or darker each time, and the fibre's weave."""
    down, right = np.linspace(-1, 1, SIDE)[:, None, None], np.linspace(-1, 1, SIDE)[:, None]
    level, tilt = 1 + rng.normal(scale=0.02), rng.normal(scale=0.02, size=2)
    weave = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 1.2)[..., None] * 0.05
    fall = 1.05 - 0.06 * (down**2 + right**2)
    shaded = light * (level * fall + (tilt[0] - 0.05) * down + (tilt[1] - 0.03) * right + weave)
    return shaded.astype(np.float32)


def _bare_board(shift: NDArray[np.float64]) -> Pillow.Image:
    """Table, board, tracks, rings, holes and print."""
    canvas = Pillow.new("RGB", (SIDE * SCALE, SIDE * SCALE), TABLE)
    _shadow(canvas, [[(17, 17), (17, 147), (147, 147), (147, 17)]], shift, 3.0)
    pen = ImageDraw.Draw(canvas)
    box = [_at(15, 15, shift), _at(145, 145, shift)]
    pen.rounded_rectangle([*box[0], *box[1]], 4 * SCALE, RESIST, (120, 128, 84), SCALE)
    for track in TRACES:
        points = [_at(row, column, shift) for row, column in track]
        pen.line(points, COPPER, int(2.6 * SCALE), joint="curve")
    for row, column in VIAS:
        _disc(pen, row, column, 2.8, GOLD, shift)
        _disc(pen, row, column, 1.2, BLACK, shift)
    for row, column in HOLES:
        _disc(pen, row, column, 6.0, GOLD, shift)
        _disc(pen, row, column, 3.6, TABLE, shift)
    for part in PARTS:
        _print_outline(pen, part, shift)
    pen.text(_at(137, 92, shift), "AC-12", INK, font_size=7 * SCALE, anchor="lm")
    pen.text(_at(25, 56, shift), "R1", INK, font_size=6 * SCALE, anchor="mm")
    pen.text(_at(25, 90, shift), "R2", INK, font_size=6 * SCALE, anchor="mm")
    return canvas


def _print_outline(pen: ImageDraw.ImageDraw, part: Part, shift: NDArray[np.float64]) -> None:
    """The printed frame around a part."""
    length, width = (
        (part.length, part.width) if part.legs > 1 else (part.length + 7, part.width + 4)
    )
    if part.legs > 1:
        length -= 6
        width += 4
    corners = _corners(replace(part, turn=0.0), length, width)
    points = [_at(row, column, shift) for row, column in corners]
    pen.line([*points, points[0]], INK, SCALE // 2 + 1)


def _solder(
    canvas: Pillow.Image,
    part: Part,
    shift: NDArray[np.float64],
    shades: NDArray[np.float64],
    *,
    open_pads: bool,
) -> None:
    """The pads of a part: gold where it is missing, else with solder on them."""
    pen = ImageDraw.Draw(canvas)
    for number, (along, across) in enumerate(_legs(part)):
        wide = 0.75 * part.width if part.legs == 1 else 3.6
        pad = replace(part, row=0, column=0, turn=0.0)
        row, column = _turned(pad, along, across)
        placed = replace(pad, row=part.row + row, column=part.column + column)
        points = [_at(*corner, shift) for corner in _corners(placed, 7.0, wide + 1.5)]
        pen.polygon(points, GOLD)
        if open_pads:
            continue
        points = [_at(*corner, shift) for corner in _corners(placed, 6.0, wide)]
        pen.polygon(points, _shaded(SOLDER, float(shades[number])))
        gleam = [_at(*corner, shift) for corner in _corners(placed, 2.0, 0.5 * wide)]
        pen.polygon(gleam, _shaded(SOLDER, 1.3))


def _place(canvas: Pillow.Image, part: Part, shift: NDArray[np.float64], shade: float) -> None:
    """Lay a part on its pads."""
    pen = ImageDraw.Draw(canvas)

    def lay(middle: float, length: float, width: float, colour: Colour) -> None:
        row, column = _turned(part, middle, 0.0)
        moved = replace(part, row=part.row + row, column=part.column + column)
        pen.polygon([_at(*corner, shift) for corner in _corners(moved, length, width)], colour)

    body = _shaded(part.colour, shade)
    if part.legs > 1:
        for along, across in _legs(part):
            row, column = _turned(part, 0.93 * along, across)
            leg = replace(part, row=part.row + row, column=part.column + column)
            pen.polygon([_at(*corner, shift) for corner in _corners(leg, 7, 2.2)], SOLDER)
    lay(0, part.length, part.width, body)
    lay(0, part.length - 3, part.width - 3, _shaded(body, 1.18))
    if part.legs > 1:
        row, column = _turned(part, -part.length / 2 + 5, -part.width / 2 + 5)
        _disc(pen, part.row + row, part.column + column, 1.7, _shaded(body, 0.55), shift)
    else:
        for end in (-1, 1):
            lay(end * (part.length / 2 - 2), 4, part.width, _shaded(SOLDER, 1.1 * shade))


def _scrape(
    canvas: Pillow.Image, line: tuple[tuple[float, float], ...], shift: NDArray[np.float64]
) -> None:
    pen = ImageDraw.Draw(canvas)
    points = [_at(row, column, shift) for row, column in line]
    beside = [(right + 0.7 * SCALE, down + 0.7 * SCALE) for right, down in points]
    pen.line(beside, _shaded(RESIST, 0.6), round(1.2 * SCALE))
    pen.line(points, (226, 224, 196), round(1.8 * SCALE), joint="curve")


def _shadow(
    canvas: Pillow.Image,
    bodies: list[list[tuple[float, float]]],
    shift: NDArray[np.float64],
    depth: float,
) -> None:
    """Darken what lies to the lower right of each body, given by its corners, softly."""
    shade = Pillow.new("L", canvas.size, 0)
    pen = ImageDraw.Draw(shade)
    for corners in bodies:
        pen.polygon([_at(row + depth, column + depth, shift) for row, column in corners], 130)
    soft = shade.filter(ImageFilter.GaussianBlur(SCALE * depth / 2))
    canvas.paste((8, 12, 10), mask=soft)


def _legs(part: Part) -> list[tuple[float, float]]:
    """Where the legs of a part are soldered, along and across it from its middle."""
    reach = part.length / 2 + (2 if part.legs > 1 else 0.5)
    spread = 0.9 * part.width * (np.arange(part.legs) + 0.5) / part.legs - 0.45 * part.width
    return [(end * reach, float(across)) for end in (-1, 1) for across in spread]


def _turned(part: Part, along: float, across: float) -> tuple[float, float]:
    """Rows down and columns right of the middle of a part."""
    angle = np.deg2rad(part.angle + part.turn)
    return (
        float(np.sin(angle) * along + np.cos(angle) * across),
        float(np.cos(angle) * along - np.sin(angle) * across),
    )


def _corners(part: Part, length: float, width: float) -> list[tuple[float, float]]:
    """Rows and columns of the corners of a rectangle that lies as a part does."""
    corners = []
    for along, across in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        row, column = _turned(part, along * length / 2, across * width / 2)
        corners.append((part.row + row, part.column + column))
    return corners


def _at(row: float, column: float, shift: NDArray[np.float64]) -> tuple[float, float]:
    """A place as right and down on the canvas."""
    return float((column + shift[1]) * SCALE), float((row + shift[0]) * SCALE)


def _disc(
    pen: ImageDraw.ImageDraw,
    row: float,
    column: float,
    radius: float,
    colour: Colour,
    shift: NDArray[np.float64],
) -> None:
    right, down = _at(row, column, shift)
    reach = radius * SCALE
    pen.ellipse([right - reach, down - reach, right + reach, down + reach], colour)


def _shaded(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(factor * level)) for level in colour)
    return red, green, blue
