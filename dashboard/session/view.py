"""How the results are looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.decisions.thresholds import Level, Threshold

PROCESSING_LIMITS: Mapping[str, int] = {"border": 500, "opening": 50, "smallest_area": 1_000_000}
"""The highest value of each field of the post-processing of masks; 0 is the lowest."""


@dataclass
class ViewSettings:
    """How the results are looked at."""

    thresholds: dict[str, dict[Level, Threshold]] = field(default_factory=dict)
    """Thresholds set manually or taken from a curve, by the label of the method; each for pixels or
    for images alone."""
    image: int | None = None
    """The test image that is inspected; None until one is chosen or the page has chosen."""
    place: tuple[int, int] | None = None
    """Row and column that are inspected in it."""
    layer: str = "Image"
    """What was pressed there: the label of a method or another picture."""
    to_inspect: bool = False
    """Whether a place was pressed whose page is to be opened."""
    results_shown: int = 0
    """Methods whose results the page has shown, so that it is drawn again when one is added."""

    def choose(self, label: str, level: Level, threshold: Threshold) -> None:
        """Keep a threshold that a person chose for a method."""
        self.thresholds.setdefault(label, {})[level] = threshold
