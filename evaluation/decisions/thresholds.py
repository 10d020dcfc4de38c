"""Rules that set a threshold, each saying on which images it was set.

A rule sees the scores of normal images from models that were not trained on them, or the labels of
the test images; the latter is marked, since a threshold tuned on the images that it is evaluated on
is too optimistic. A rule is a module in `evaluation.decisions.rules` with `@register` on its class,
or comes from another package under the entry-point group ``anomaly_threshold_rules``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from evaluation.decisions.pooled_scores import PooledScores
from evaluation.metrics.curves import Ranking, Scores
from images.registry import Registry, faults_of, instance

Level = Literal["pixel", "image"]
LEVELS: tuple[Level, ...] = get_args(Level)
Quantity = Literal["max", "mean"]
"""The highest score of an image (D1, d_max) or the mean of its scores (D2, d_mean)."""


@dataclass(frozen=True)
class Evidence:
    """What a rule may look at."""

    normal: PooledScores
    """Scores of normal items."""
    test: PooledScores
    """Scores of the test items, whatever their labels."""
    ranking: Callable[[], Ranking]
    """The labelled test items; for rules that need labels alone."""
    quantities: Mapping[Quantity, Scores]
    """Those of the normal images that a threshold at this level can be compared with."""


class ThresholdRule(ABC):
    """A way to set a threshold."""

    name: str
    """As on the page's address, in files and in `rule`."""
    title: str
    description: str
    """One or two sentences for a person."""
    uses_labels: ClassVar[bool] = False
    """True when it is tuned on the test images."""
    unlabelled: ClassVar[bool] = False
    """True when it is set on the test images without their labels."""
    uses_rate: ClassVar[bool] = False
    """Whether the target rate changes anything."""
    rank: ClassVar[int] = 100
    """Where it stands among the others; lower first."""

    @abstractmethod
    def compute(self, evidence: Evidence, rate: float) -> float:
        """The threshold for some evidence and a target rate; may raise `Undefined`."""


@dataclass(frozen=True)
class Threshold:
    """A threshold and where it came from."""

    value: float
    """A score at or above it is anomalous."""
    rule: ThresholdRule
    set_on: str
    """Which images it was set on, for a person."""


DEFAULT_RULE = "normal-quantile"
"""The rule that sets thresholds until a person chooses another."""
RULE_WITHOUT_NORMAL = "test-spread"
"""The same where there is no normal image."""
DEFAULT_RATE = 0.01
"""The target false positive rate when nobody says another."""

RULES: Registry[ThresholdRule] = Registry(
    "threshold rule",
    "anomaly_threshold_rules",
    ("evaluation.decisions.rules",),
    entry_of=instance,
    faults=faults_of(ThresholdRule, ("name", "title", "description")),
    order=lambda rule: (rule.rank, rule.name),
)
register, rule = RULES.register, RULES.get


class Manual(ThresholdRule):
    """A threshold that a person chose."""

    name = "by-hand"
    title = "Manual"
    description = "Set manually."
    uses_labels = True

    def __init__(self, value: float) -> None:
        self.value = value

    def compute(self, evidence: Evidence, rate: float) -> float:
        return self.value


class FromCurve(Manual):
    """A threshold that a person took from a curve of the test images."""

    name = "from-curve"
    title = "Point of a curve"
    description = "Selected on a curve of the test images."


def manual(value: float) -> Threshold:
    """A threshold that a person chose."""
    return Threshold(value, Manual(value), "the test images (manual choice)")


def from_curve(value: float) -> Threshold:
    """A threshold that a person took from a curve of the test images."""
    return Threshold(value, FromCurve(value), "the labelled test images")
