"""The error of a detector, below everything that may raise it."""

from images.errors import AnomalyError


class DetectorError(AnomalyError):
    """A detector cannot do what was asked; the text is one sentence for a person."""
