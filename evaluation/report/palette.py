"""Colours: one for each method everywhere, and the scales of the heatmaps.

All are told apart by people who see red and green alike.
"""

import numpy as np
from numpy.typing import NDArray

METHOD_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#8f7f00",
    "#7f7f7f",
)
"""Okabe and Ito, Color Universal Design, 2008, less black; the last two are darker than theirs."""

COLOUR_MAPS = {
    "Inferno": "#000004 #1b0c41 #4a0c6b #781c6d #a52c60 #cf4446 #ed6925 #fb9b06 #f7d13d #fcffa4",
    "Viridis": "#440154 #482878 #3e4989 #31688e #26828e #1f9e89 #35b779 #6ece58 #b5de2b #fde725",
    "Cividis": "#00224e #123570 #3b496c #575d6d #707173 #8a8678 #a59c74 #c3b369 #e1cc55 #fee838",
    "Grey": "#000000 #ffffff",
}
"""Scales of even lightness steps, from the lowest score to the highest."""

GROUP_LOOKS = {
    "held-out normal": ("#8a8a8a", "circle-open"),
    "normal": ("#0072b2", "circle"),
    "defective": ("#d55e00", "diamond"),
    "not known": ("#8a8a8a", "x"),
}
"""Colour and marker of groups of images in plots."""

MASK_COLOUR = "#00c8ff"
DECISION_COLOUR = "#ffffff"


def method_colour(index: int) -> str:
    """The colour of the method at a place in its comparison."""
    return METHOD_COLOURS[index % len(METHOD_COLOURS)]


def colour_table(name: str) -> NDArray[np.uint8]:
    """The 256 colours (256, 3) of a scale."""
    anchors = np.array([channels(code) for code in COLOUR_MAPS[name].split()], dtype=float)
    places = np.linspace(0, 1, len(anchors))
    steps = np.linspace(0, 1, 256)
    columns = [np.interp(steps, places, anchors[:, channel]) for channel in range(3)]
    return np.rint(np.stack(columns, axis=1)).astype(np.uint8)


def hex_colours(name: str, count: int = 64) -> list[str]:
    """Evenly spaced colours of a scale, as a browser takes them."""
    table = colour_table(name)[np.linspace(0, 255, count).round().astype(int)]
    return ["#" + "".join(f"{value:02x}" for value in colour) for colour in table]


def channels(code: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour such as ``#0072b2``."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
