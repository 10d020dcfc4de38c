"""Texts of people and files, made safe for the places where they are shown."""

import re
from collections.abc import Sequence

from images.words import unbroken

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def plain(text: str) -> str:
    """A text that Markdown shows as it is, whatever characters a file name holds."""
    return _SPECIAL.sub(r"\\\1", unbroken(" ".join(text.split())))


def listed(texts: Sequence[str], most: int = 5) -> str:
    """Sentences as a list in Markdown, the first of them where there are many."""
    lines = [f"- {plain(text)}" for text in texts[:most]]
    if len(texts) > most:
        lines.append(f"- and {len(texts) - most} more.")
    return "\n".join(lines)
