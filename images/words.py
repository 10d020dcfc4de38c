"""Numbers in sentences."""

import re


def count(number: int, what: str, ending: str = "s") -> str:
    """``"1 image"``, ``"3 images"``, ``"1,000 images"``; `ending` makes the plural."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}{ending}"


def percent(share: float, decimals: int | None = 0) -> str:
    """A share from 0 to 1 as ``"7 %"``, or with decimals as ``"7.5 %"``.

    None stands for as many as it has, at most three digits in all.
    """
    return f"{100 * share:.3g} %" if decimals is None else f"{100 * share:.{decimals}f} %"


def unbroken(text: str) -> str:
    """A text for the screen, on which no line ends between a number and its percent sign."""
    return re.sub(r"(?<=[0-9]) (?=%)", "\N{NO-BREAK SPACE}", text)
