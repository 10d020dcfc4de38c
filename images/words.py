"""Numbers of things in sentences."""


def count(number: int, what: str, ending: str = "s") -> str:
    """``"1 image"``, ``"3 images"``, ``"1,000 images"``; `ending` makes the plural."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}{ending}"
