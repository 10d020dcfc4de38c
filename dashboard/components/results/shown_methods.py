"""The methods of a comparison as they are shown everywhere: label, colour, threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.session import widgets
from dashboard.session.job import ComparisonJob
from dashboard.session.state import Session
from dashboard.session.widgets import forget_unless
from dashboard.text import plain
from evaluation.assessment import Assessment
from evaluation.bundle.bundle import Bundle
from evaluation.bundle.export import bundle_of
from evaluation.comparison.comparison import Comparison
from evaluation.decisions.image_scores import ImageScore
from evaluation.decisions.masks import PostProcessing
from evaluation.decisions.thresholds import (
    DEFAULT_RATE,
    DEFAULT_RULE,
    LEVELS,
    RULES,
    Level,
    Threshold,
    rule,
)
from evaluation.level_threshold import Thresholds, level_threshold
from evaluation.metrics.curves import Undefined
from evaluation.report.palette import method_colour
from images.words import percent


@dataclass(frozen=True)
class ShownMethod:
    """A finished method with its colour and its present thresholds."""

    assessment: Assessment
    colour: str
    by_rule: Thresholds
    """What the chosen rule sets, whatever a person moved."""
    thresholds: Thresholds
    """Those that hold: a person's where there is one, else the rule's."""
    first_threshold: float
    """The one of pixels before anybody chose another; display levels are laid out around it."""

    @property
    def threshold(self) -> float:
        """A pixel with this score or a higher one is marked."""
        return self.thresholds["pixel"].value

    @property
    def image_threshold(self) -> float:
        """An image with this score or a higher one is flagged."""
        return self.thresholds["image"].value

    @property
    def flags(self) -> NDArray[np.bool_]:
        """Which test images (n,) are flagged."""
        return self.assessment.image_scores >= self.image_threshold

    @property
    def flags_by_rule(self) -> NDArray[np.bool_]:
        """Which ones the chosen rule flags, whatever threshold a person moved."""
        return self.assessment.image_scores >= self.by_rule["image"].value

    @property
    def uses_labels(self) -> bool:
        """Whether a threshold was set on the labels of the test images."""
        return any(one.rule.uses_labels for one in self.thresholds.values())

    @property
    def label(self) -> str:
        """What the method is called in this comparison."""
        return self.assessment.result.variant.label


@dataclass(frozen=True)
class ThresholdChoice:
    """How thresholds are set."""

    rule: str = DEFAULT_RULE
    rate: float = DEFAULT_RATE

    def text(self) -> str:
        """The choice in a few words."""
        chosen = rule(self.rule)
        if chosen.name == DEFAULT_RULE:
            return f"{percent(self.rate, None)} of normal pixels or images"
        return chosen.title

    @classmethod
    def present(cls, job: ComparisonJob) -> "ThresholdChoice":
        """What the controls say, on a page that does not draw them.

        A choice that the controls do not offer is passed over here as well.
        """
        offered = _offered_rules(job)
        forget_unless(widgets.THRESHOLD_RULE, offered)
        state = st.session_state
        return cls(
            state.get(widgets.THRESHOLD_RULE, offered[0]),
            state.get(widgets.THRESHOLD_RATE, 100 * DEFAULT_RATE) / 100,
        )


def _offered_rules(job: ComparisonJob) -> list[str]:
    """The rules that can set a threshold, the default first."""
    if job.data.normal:
        return list(RULES.names())
    known = [known for known in RULES.entries() if known.unlabelled or known.uses_labels]
    return [known.name for known in sorted(known, key=lambda known: not known.unlabelled)]


def threshold_controls(mine: Session, job: ComparisonJob) -> ThresholdChoice:
    """Draw the choice of a rule, folded into a button that says what is chosen.

    A new choice resets thresholds that were set manually.
    """
    choice = ThresholdChoice.present(job)
    with st.popover(f"Threshold: {plain(choice.text())}", icon=":material/tune:"):
        choice = _rule_controls(mine, job)
    _reset(mine)
    return choice


def threshold_note(methods: Sequence[ShownMethod]) -> None:
    """Draw what a person must know of how the thresholds were set, where there is something."""
    if any(method.uses_labels for method in methods):
        st.caption(
            "Set on the test images themselves, so the result is optimistic. Expect worse on new "
            "images."
        )
    elif any(one.rule.unlabelled for method in methods for one in method.thresholds.values()):
        st.caption(
            "Set on the test scores without labels, which is weaker than on normal images: no "
            "false positive rate is kept."
        )


def _reset(mine: Session) -> None:
    chosen = mine.view.thresholds
    if chosen:
        told = [
            f"{label} ({' and '.join(f'{level}s' for level in by_level)})"
            for label, by_level in chosen.items()
        ]
        st.button(
            f"Set manually: {plain(', '.join(told))}. Reset",
            icon=":material/undo:",
            on_click=chosen.clear,
            key=widgets.THRESHOLD_RESET,
        )


def _rule_controls(mine: Session, job: ComparisonJob) -> ThresholdChoice:
    offered = _offered_rules(job)
    name = st.selectbox(
        "Threshold",
        offered,
        format_func=lambda name: rule(name).title,
        key=widgets.THRESHOLD_RULE,
        persist_state="session",
        on_change=mine.view.thresholds.clear,
        help="\n\n".join(
            f"**{plain(known.title)}** {plain(known.description)}" for known in map(rule, offered)
        ),
    )
    rate = st.number_input(
        "Rate, %",
        min_value=0.0,
        max_value=50.0,
        value=100 * DEFAULT_RATE,
        step=0.5,
        format="%g",
        key=widgets.THRESHOLD_RATE,
        persist_state="session",
        on_change=mine.view.thresholds.clear,
        help="The proportion of normal pixels or images that may be flagged. For the false "
        "discovery rate: the proportion of flagged images that may be normal.",
        disabled=not rule(name).uses_rate,
    )
    assessments = job.assessments()
    score = assessments[0].protocol.image_score if assessments else ImageScore()
    st.caption(
        "The rule sets two thresholds. Heatmaps are outlined where a pixel reaches the threshold "
        "of pixels. An image is flagged when its image score reaches the threshold of images. "
        f"Image score: {score.text()}, or a detector's own where it gives one."
    )
    counts = [assessment.normal_images.count for assessment in assessments]
    if rule(name).uses_rate and counts and min(counts) and rate / 100 < 1 / (min(counts) + 1):
        st.caption(
            f"With {min(counts)} normal images the target rate of images should be at least "
            f"{percent(1 / (min(counts) + 1), 1)}. Below that, the threshold of images depends on "
            "the highest normal score alone."
        )
    return ThresholdChoice(name, rate / 100)


def method_colours(job: ComparisonJob) -> dict[str, str]:
    """The colour of every method by its label."""
    return {variant.label: method_colour(at) for at, variant in enumerate(job.variants)}


def shown_methods(
    mine: Session, job: ComparisonJob, choice: ThresholdChoice
) -> tuple[ShownMethod, ...]:
    """The methods that have finished; where a rule sets no threshold, says so."""
    colours = method_colours(job)
    shown, reasons = [], dict[str, list[str]]()
    for assessment in job.assessments():
        label, folder = assessment.result.variant.label, str(assessment.result.folder)
        usual, _ = _by_rule(assessment, folder, ThresholdChoice(assessment.default_rule))
        by_rule, missing = _by_rule(assessment, folder, choice)
        for reason in missing:
            reasons.setdefault(reason, []).append(label)
        thresholds = {**by_rule, **mine.view.thresholds.get(label, {})}
        first = usual["pixel"].value
        shown.append(ShownMethod(assessment, colours[label], by_rule, thresholds, first))
    for reason, labels in reasons.items():
        st.warning(f"{plain(', '.join(labels))}: {plain(reason)}")
    return tuple(shown)


def bundle_for(
    comparison: Comparison,
    method: ShownMethod,
    choice: ThresholdChoice,
    processing: PostProcessing,
) -> Bundle:
    """The method as a bundle, with its present thresholds."""
    return bundle_of(
        comparison,
        method.assessment,
        rate=choice.rate,
        chosen=method.thresholds,
        processing=processing,
    )


@st.cache_resource(max_entries=1000, show_spinner=False)
def _by_rule(
    _assessment: Assessment, folder: str, choice: ThresholdChoice
) -> tuple[Thresholds, tuple[str, ...]]:
    """The thresholds that a rule sets, and why where the usual rule sets one in its place.

    `folder` tells results apart.
    """
    found: dict[Level, Threshold] = {}
    reasons = []
    for level in LEVELS:
        try:
            found[level] = _assessment.threshold(
                choice.rule, level, false_positive_rate=choice.rate
            )
        except Undefined as reason:
            found[level] = level_threshold(_assessment, level, rate=choice.rate)
            usual = rule(_assessment.default_rule).title
            reasons.append(
                f"this rule sets no threshold of {level}s ({reason}). It is set by: {usual}."
            )
    return found, tuple(reasons)
