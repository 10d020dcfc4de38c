"""Texts of people and files, made safe for the places where they are shown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def plain(text: str) -> str:
    """A text that Markdown shows as it is, whatever characters a file name holds."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def count(number: int, what: str) -> str:
    """``"1 image"``, ``"3 images"``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
