"""How methods do on known and unknown classes: a row for each, for pages, reports and files."""

from collections.abc import Sequence
from typing import Any

from evaluation.assessment import Assessment
from evaluation.decisions.calibration import IMAGE_RATE
from evaluation.decisions.confusion import image_confusion
from evaluation.metrics.curves import Undefined
from evaluation.metrics.open_set import accepted_accuracy, accuracy, oscr_curve

COLUMNS = {
    "auroc": "AUROC of unknown",
    "oscr": "OSCR",
    "accuracy": "Accuracy",
    "held_out_accuracy": "Accuracy, held-out normal",
    "accepted_accuracy": "Accuracy at threshold",
    "lost_accuracy": "Lost to false alarms",
    "known_flagged": "Known flagged",
    "unknown_found": "Unknown found",
}
EXPLAINED = (
    "Accuracy: proportion of known test images recognised as their class. Accuracy at threshold: "
    "proportion recognised and not flagged; the difference is lost to false alarms. OSCR: area "
    "under the curve of that proportion over the proportion of unknown images that are not flagged "
    "(Dhamija et al., 2018). Methods that know no classes have only the scores of whole images."
)


def image_threshold(assessment: Assessment, rate: float = IMAGE_RATE) -> float:
    """The image score that a share `rate` of the held-out normal images reaches."""
    rule = assessment.default_rule
    return assessment.threshold(rule, "image", false_positive_rate=rate).value


def class_numbers(assessment: Assessment, rate: float = IMAGE_RATE) -> dict[str, float | None]:
    """The numbers of a method by the keys of `COLUMNS`; None for those that it has not."""
    threshold = image_threshold(assessment, rate)
    decision = image_confusion(assessment.image_scores, assessment.labels, threshold)
    found: dict[str, float | None] = dict.fromkeys(COLUMNS)
    found["auroc"] = assessment.metrics.values["image_auroc"]
    found["known_flagged"] = decision.false_positive_rate
    found["unknown_found"] = decision.true_positive_rate
    held_out, recognised = assessment.normal_recognised, assessment.recognised
    if held_out is not None:
        found["held_out_accuracy"] = accuracy(held_out)
    if recognised is None:
        return found
    try:
        found["accuracy"] = whole = accuracy(recognised)
        found["accepted_accuracy"] = kept = accepted_accuracy(recognised, threshold)
        found["lost_accuracy"] = whole - kept
        found["oscr"] = oscr_curve(recognised).area()
    except Undefined:  # without known images all of these have no value, without unknown OSCR
        pass
    return found


def class_rows(assessments: Sequence[Assessment], rate: float = IMAGE_RATE) -> list[dict[str, str]]:
    """The table, by its titles, a dash where there is no number."""
    return [
        {
            COLUMNS[key]: "–" if value is None else f"{value:.3f}"
            for key, value in class_numbers(assessment, rate).items()
        }
        for assessment in assessments
    ]


def class_facts(assessment: Assessment) -> dict[str, Any] | None:
    """What `results.json` holds; None where there are no known classes."""
    if assessment.recognised is None:
        return None
    return {
        "classes": list(assessment.recognised.classes),
        "threshold": image_threshold(assessment),
        "target_false_positive_rate": IMAGE_RATE,
        **class_numbers(assessment),
    }
