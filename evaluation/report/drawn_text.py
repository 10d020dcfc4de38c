"""Texts drawn with Pillow on a white page: lines that wrap, labels with a colour."""

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

PAPER = (1754, 1240)
"""Width and height of a page, pixels: A4 across at 150 dots per inch."""
INK = "#1a1a1a"
LINE_HEIGHT = 1.3

Place = tuple[float, float]
"""From left and from top, pixels."""


class Pen:
    """Writes on a picture."""

    def __init__(self, picture: Pillow.Image) -> None:
        self.draw = ImageDraw.Draw(picture)

    def text(
        self,
        place: Place,
        text: str,
        size: int,
        *,
        width: float | None = None,
        bold: bool = False,
        colour: str = INK,
    ) -> int:
        """Write a text, wrapped to a width; returns where the next line would begin."""
        x, y = place
        font = _font(size)
        for line in self._lines(text, size, width):
            self.draw.text((x, y), line, colour, font, stroke_width=bold and size / 40)
            y += LINE_HEIGHT * size
        return round(y)

    def label(
        self, place: Place, text: str, size: int, colour: str | None, *, width: float
    ) -> None:
        """A text in one line, cut to a width, after a dot of a colour."""
        x, y = place
        if colour is not None:
            self.draw.ellipse((x, y + size * 0.3, x + size * 0.6, y + size * 0.9), colour)
            x, width = x + size * 0.85, width - size * 0.85
        while len(text) > 1 and self.length(text, size) > width:
            text = text[:-2] + "…"
        self.text((x, y), text, size)

    def length(self, text: str, size: int) -> float:
        """How wide a text is, pixels."""
        return self.draw.textlength(text, _font(size))

    def _lines(self, text: str, size: int, width: float | None) -> list[str]:
        lines: list[str] = []
        for paragraph in text.splitlines():
            line = ""
            for word in paragraph.split():
                longer = f"{line} {word}".strip()
                if width is not None and line and self.length(longer, size) > width:
                    lines.append(line)
                    longer = word
                line = longer
            lines.append(line)
        return lines


def page() -> tuple[Pillow.Image, Pen]:
    """An empty page and what writes on it."""
    picture = Pillow.new("RGB", PAPER, "white")
    return picture, Pen(picture)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
