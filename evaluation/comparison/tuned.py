"""How the parameters of a variant were tuned: the mark that goes with it through a comparison."""

from dataclasses import dataclass

from evaluation.metrics.uncertainty import Interval
from images.words import count


@dataclass(frozen=True)
class Estimate:
    """A metric on some images, with its 95 % confidence interval over draws of these."""

    value: float
    interval: Interval | None = None
    """None where there are too few images."""

    def words(self) -> str:
        """``"0.934 (0.920 to 0.947)"``."""
        if self.interval is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.interval.low:.3f} to {self.interval.high:.3f})"


@dataclass(frozen=True)
class Tuned:
    """How the parameters of a variant were found, and what they are worth."""

    metric: str
    """The name of the measure; see `evaluation.metrics.metrics.measures`."""
    judged_on: str
    """The validation images in a few words: ``"63 painted defects"``."""
    trials: int
    """Settings that were tried, the default among them."""
    seconds: float
    """Of the trials and of judging what was found."""
    default: Estimate
    tuned: Estimate
    """Of the best other setting; that of the default where no other one finished."""
    lead: Interval | None
    """How far the tuned setting is ahead, 95 %; None where nothing beat the default in the search
    or there are too few images."""
    changed: bool
    """Whether the tuned setting was taken; the default stays unless the whole `lead` is above 0."""

    def words(self) -> str:
        """The mark in a table: ``"tuned in 20 trials, 5 min, on 63 painted defects"``."""
        trials = count(self.trials, "trial")
        kept = "" if self.changed else "; the default stayed"
        return f"tuned in {trials}, {duration(self.seconds)}, on {self.judged_on}{kept}"


def duration(seconds: float) -> str:
    """A time in words: ``"40 s"``, ``"3 min"``."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
