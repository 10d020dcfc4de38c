"""One test image, large, and what every method saw at a place in it."""


def show() -> None:
    """Draw the page."""
