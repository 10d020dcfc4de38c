"""The methods of a comparison as they are shown everywhere: label, colour, threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    Manual,
    Threshold,
    rule,
)
from evaluation.metrics.curves import Undefined
from evaluation.report.palette import method_colour


@dataclass(frozen=True)
class ShownMethod:
    """A finished method with its colour and its present threshold."""

    assessment: Assessment
    colour: str
    chosen: Threshold
    first_threshold: float
    """The one that it has before anybody chose another; display levels are laid out around it."""
    image_by_rule: float
    """The threshold of image scores that the chosen rule sets for images, whatever a person
    moved."""

    @property
    def threshold(self) -> float:
        """A score at or above it is anomalous."""
        return self.chosen.value

    @property
    def image_threshold(self) -> float:
        """An image with this score or a higher one is flagged.

        The chosen rule sets it on images: a threshold that 1 % of normal pixels reach would flag
        nearly every image. A threshold that a person chose holds for both.
        """
        return self.chosen.value if isinstance(self.chosen.rule, Manual) else self.image_by_rule

    def chosen_at(self, level: Level) -> Mapping[Level, Threshold]:
        """The thresholds that are not left to the rule, of which the present one is for `level`.

        One that a person chose holds for pixels and images.
        """
        levels = LEVELS if isinstance(self.chosen.rule, Manual) else (level,)
        return dict.fromkeys(levels, self.chosen)

    @property
    def flags(self) -> NDArray[np.bool_]:
        """Which test images (n,) are flagged."""
        return self.assessment.image_scores >= self.image_threshold

    @property
    def flags_by_rule(self) -> NDArray[np.bool_]:
        """Which ones the chosen rule flags, whatever threshold a person moved."""
        return self.assessment.image_scores >= self.image_by_rule

    @property
    def label(self) -> str:
        """What the method is called in this comparison."""
        return self.assessment.result.variant.label


@dataclass(frozen=True)
class ThresholdChoice:
    """How thresholds are set."""

    rule: str = DEFAULT_RULE
    rate: float = DEFAULT_RATE
    level: Level = "pixel"

    def text(self) -> str:
        """The choice in a few words."""
        chosen = rule(self.rule)
        if chosen.name == DEFAULT_RULE:
            return f"{100 * self.rate:.3g} % of normal {self.level}s"
        return f"{chosen.title}, {self.level}s"

    @classmethod
    def present(cls, job: ComparisonJob) -> "ThresholdChoice":
        """What the controls say, on a page that does not draw them.

        A choice that the controls do not offer is passed over here as well.
        """
        offered = _offered_rules(job)
        _forget_unknown_choices(offered)
        state = st.session_state
        return cls(
            state.get(widgets.THRESHOLD_RULE, offered[0]),
            state.get(widgets.THRESHOLD_RATE, 100 * DEFAULT_RATE) / 100,
            state.get(widgets.THRESHOLD_LEVEL, "pixel"),
        )


def _offered_rules(job: ComparisonJob) -> list[str]:
    """The rules that can set a threshold, the default first."""
    if job.data.normal:
        return list(RULES.names())
    known = [known for known in RULES.entries() if known.unlabelled or known.uses_labels]
    return [known.name for known in sorted(known, key=lambda known: not known.unlabelled)]


def _forget_unknown_choices(rules: Sequence[str]) -> None:
    forget_unless(widgets.THRESHOLD_RULE, rules)
    forget_unless(widgets.THRESHOLD_LEVEL, LEVELS)


def threshold_controls(mine: Session, job: ComparisonJob) -> ThresholdChoice:
    """Draw the choice of a rule, folded into a button that says what is chosen.

    A new choice resets thresholds that were set manually.
    """
    choice = ThresholdChoice.present(job)
    with st.popover(f"Threshold: {plain(choice.text())}", icon=":material/tune:"):
        choice = _rule_controls(mine, job)
    _reset(mine)
    return choice


def threshold_note(mine: Session, job: ComparisonJob, choice: ThresholdChoice) -> None:
    """Draw what a person must know of how the thresholds were set, where there is something."""
    chosen = mine.view.thresholds
    if rule(choice.rule).uses_labels or any(one.rule.uses_labels for one in chosen.values()):
        st.caption(
            "Set on the test images themselves, so the result is optimistic. Expect worse on new "
            "images."
        )
    elif rule(choice.rule).unlabelled:
        st.caption(
            "Set on the test scores without labels, which is weaker than on normal images: no "
            "false positive rate is kept."
        )
    elif rule(choice.rule).uses_rate and choice.level == "image":
        counts = [assessment.normal_images.count for assessment in job.assessments()]
        if counts and choice.rate < 1 / (min(counts) + 1):
            st.caption(
                f"With {min(counts)} normal images the target rate should be at least "
                f"{1 / (min(counts) + 1):.1%}. Below that, the threshold depends on the highest "
                "normal score alone."
            )


def _reset(mine: Session) -> None:
    chosen = mine.view.thresholds
    if chosen:
        st.button(
            f"Set manually: {plain(', '.join(chosen))}. Reset",
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
    level = st.selectbox(
        "of",
        LEVELS,
        format_func="{}s".format,
        key=widgets.THRESHOLD_LEVEL,
        persist_state="session",
        on_change=mine.view.thresholds.clear,
        help="Apply the rule to pixels or to whole images. Image score: "
        f"{ImageScore().text()}, or a detector's own where it gives one.",
    )
    percent = st.number_input(
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
    st.caption(
        "Heatmaps are outlined where a pixel reaches the threshold. Whether an image is flagged is "
        "decided by its image score, at the threshold that the same rule sets on images; a "
        "threshold that you move holds for both."
    )
    return ThresholdChoice(name, percent / 100, level)


def method_colours(job: ComparisonJob) -> dict[str, str]:
    """The colour of every method by its label."""
    return {variant.label: method_colour(at) for at, variant in enumerate(job.variants)}


def shown_methods(
    mine: Session, job: ComparisonJob, choice: ThresholdChoice
) -> tuple[ShownMethod, ...]:
    """The methods that have finished; where a rule sets no threshold, says so."""
    colours = method_colours(job)
    shown = []
    for assessment in job.assessments():
        label = assessment.result.variant.label
        default = ThresholdChoice(assessment.default_rule)
        first = value = _by_rule(assessment, str(assessment.result.folder), default)
        try:
            value = _by_rule(assessment, str(assessment.result.folder), choice)
        except Undefined as reason:
            st.warning(f"{plain(label)}: this rule cannot set a threshold: {plain(str(reason))}.")
        image = _image_threshold(assessment, choice, value)
        value = mine.view.thresholds.get(label, value)
        shown.append(ShownMethod(assessment, colours[label], value, first.value, image))
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
        rule=choice.rule,
        rate=choice.rate,
        chosen=method.chosen_at(choice.level),
        processing=processing,
    )


def _image_threshold(assessment: Assessment, choice: ThresholdChoice, chosen: Threshold) -> float:
    """What the rule sets on images; the threshold itself where it sets nothing there."""
    try:
        of_images = replace(choice, level="image")
        return _by_rule(assessment, str(assessment.result.folder), of_images).value
    except Undefined:
        return chosen.value


@st.cache_resource(max_entries=1000, show_spinner=False)
def _by_rule(_assessment: Assessment, folder: str, choice: ThresholdChoice) -> Threshold:
    """The threshold that a rule sets; `folder` tells results apart."""
    return _assessment.threshold(choice.rule, choice.level, false_positive_rate=choice.rate)
