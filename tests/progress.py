"""Listeners to the progress of a computation."""

from methods.progress import Cancelled, Progress


class Heard:
    """Remembers everything that was reported."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.notes: list[str] = []

    def __call__(self, fraction: float, note: str = "") -> None:
        self.fractions.append(fraction)
        self.notes.append(note)


def cancel_from(share: float) -> Progress:
    """A listener that stops the computation once so much is done."""

    def progress(fraction: float, note: str = "") -> None:
        if fraction >= share:
            raise Cancelled

    return progress
