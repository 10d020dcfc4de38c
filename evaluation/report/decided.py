"""What the methods find and miss among the test images, in one plain sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.assessment import Assessment
from evaluation.decisions.confusion import Confusion, confusion
from evaluation.level_threshold import Thresholds
from evaluation.metrics.paired import SIGNIFICANT, Flags, lead, p_value
from evaluation.metrics.truth import known_labels

NAMED = 3
"""Methods that the sentence names beside the best; of more it gives the range."""


@dataclass(frozen=True)
class Decided:
    """What one method decides about the test images at its threshold of images."""

    label: str
    flags: Flags
    """(n,): which test images are flagged."""

    def confusion(self, labels: Sequence[bool | None]) -> Confusion:
        """The decisions about images whose label is known."""
        known, defective = known_labels(labels)
        return confusion(self.flags[known], defective[known])


def decided_at(
    assessments: Sequence[Assessment], thresholds: Mapping[str, Thresholds]
) -> list[Decided]:
    """What methods decide at their thresholds of images, by their labels."""
    labels = [assessment.result.variant.label for assessment in assessments]
    return [
        Decided(label, assessment.image_scores >= thresholds[label]["image"].value)
        for label, assessment in zip(labels, assessments, strict=True)
    ]


@dataclass(frozen=True)
class Ranked:
    """The methods by TPR - FPR of images, and which are behind the best by more than chance."""

    best: Decided
    others: tuple[Decided, ...]
    """The best of them first."""
    p_values: tuple[float, ...]
    """Of the lead of the best over each of the others."""

    def behind(self, at: int) -> bool:
        """Whether the lead over one of the others is more than chance.

        The level is divided by the number of others (Bonferroni), since the best is the best of
        several.
        """
        return self.p_values[at] < SIGNIFICANT / len(self.others)


def ranked(methods: Sequence[Decided], labels: Sequence[bool | None]) -> Ranked:
    """Put one or more methods in order; those that are equal stay in the order given."""
    nothing = np.zeros(len(labels), dtype=bool)
    order = sorted(methods, key=lambda method: -lead(method.flags, nothing, labels))
    best, others = order[0], tuple(order[1:])
    values = tuple(p_value(best.flags, other.flags, labels) for other in others)
    return Ranked(best, others, values)


def verdict(methods: Sequence[Decided], labels: Sequence[bool | None]) -> str:
    """Who finds how many defects with how many false alarms, and whether a lead is chance.

    Without a known label there is nothing to be right about, so the numbers of flagged images are
    told.
    """
    counts = {method.label: method.confusion(labels) for method in methods}
    any_of = next(iter(counts.values()))
    defective = any_of.true_positives + any_of.false_negatives
    good = any_of.false_positives + any_of.true_negatives
    if not defective + good:
        flagged = ", ".join(
            f"{method.label} flags {int(method.flags.sum())} of {len(labels)}" for method in methods
        )
        return f"{flagged} test images; none of them is labelled, so nobody knows what is right."
    ranks = ranked(methods, labels)
    first = counts[ranks.best.label]
    leaders = [ranks.best.label, *(o.label for o in ranks.others if counts[o.label] == first)]
    behind = [other.label for other in ranks.others if other.label not in leaders]
    if not defective:
        does = "raise" if leaders[1:] else "raises"
        text = f"{_and(leaders)} {does} {_alarms(first)} in {_images(good, 'good')}"
    else:
        does = "each find" if leaders[1:] else "finds"
        text = f"{_and(leaders)} {does} {first.true_positives} of {_images(defective)}"
        if good:
            text += f" with {_alarms(first)} in {_images(good, 'good')}"
    text += "".join(
        f"{', ' if at else '; '}{name} {_short(counts[name], defective, good)}"
        for at, name in enumerate(behind[:NAMED])
    )
    if behind[NAMED:]:
        text += f", {_range([counts[name] for name in behind[NAMED:]], defective, good)}"
    return " ".join(filter(None, [f"{text}.", _missing(defective, good), _chance(ranks, behind)]))


def p_values_text(ranks: Ranked) -> str:
    """The p-values behind the verdict, for a person who wants to know how sure it is."""
    listed = "; ".join(
        f"{other.label} p = {value:.2g}"
        for other, value in zip(ranks.others, ranks.p_values, strict=True)
    )
    return (
        f"Lead of {ranks.best.label} in TPR - FPR of images, exact paired permutation test: "
        f"{listed}. More than chance is p < {SIGNIFICANT:g} divided by the number of other methods."
    )


def _chance(ranks: Ranked, behind: Sequence[str]) -> str:
    """Whether the lead over each of those that are behind is more than chance."""
    ahead = {other.label for at, other in enumerate(ranks.others) if ranks.behind(at)}
    sure = [label for label in behind if label in ahead]
    unsure = [label for label in behind if label not in ahead]
    differences = "differences are" if len(behind) > 1 else "difference is"
    if sure and unsure:
        return (
            f"The lead over {_these(sure, unsure)} is more than chance, over "
            f"{_these(unsure, sure)} it may be chance."
        )
    if sure:
        return f"The {differences} more than chance."
    return f"The {differences.split()[0]} may be chance." if unsure else ""


def _these(names: Sequence[str], rest: Sequence[str]) -> str:
    """Some of the other methods, by their names unless they are many."""
    return "the others" if len(names) > max(2, len(rest)) else _and(names)


def _missing(defective: int, good: int) -> str:
    if not defective:
        return "No test image is known to be defective."
    return "" if good else "No test image is known to be good, so false alarms are unknown."


def _short(one: Confusion, defective: int, good: int) -> str:
    if not defective:
        return str(one.false_positives or "none")
    found = str(one.true_positives)
    return f"{found} with {one.false_positives or 'none'}" if good else found


def _range(others: Sequence[Confusion], defective: int, good: int) -> str:
    found = _span([one.true_positives for one in others])
    alarms = _span([one.false_positives for one in others])
    alarms = "none" if alarms == "0" else alarms
    name = f"{len(others)} more methods" if len(others) > 1 else "one more method"
    if not defective:
        return f"{name} {alarms}"
    return f"{name} {found} with {alarms}" if good else f"{name} {found}"


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _alarms(one: Confusion) -> str:
    if one.false_positives == 1:
        return "1 false alarm"
    return f"{one.false_positives or 'no'} false alarms"


def _images(number: int, kind: str = "defective") -> str:
    return f"{number} {kind} image" if number == 1 else f"{number} {kind} images"


def _and(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
