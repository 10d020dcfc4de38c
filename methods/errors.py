"""The error of a detector, below everything that may raise it."""

from images.errors import AnomalyError


class DetectorError(AnomalyError):
    """A detector cannot do what was asked; the text is one sentence for a person."""


class EarlierVersionError(DetectorError):
    """What was saved by an earlier version lacks something; the text goes on after "which"."""


class OtherNetworkError(DetectorError):
    """What was saved belongs to another network; the text goes on after "belongs to"."""


class UnavailableError(DetectorError):
    """Something that a detector needs is missing on this machine, or not allowed there."""
