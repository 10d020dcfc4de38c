"""One HTML file that tells a comparison to somebody who was not there; it opens without a network.

Every text that came from outside, such as the name of a file or of a variant, is escaped.
"""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.storage import ComparisonError, writing
from evaluation.decisions.calibration import FoundRate
from evaluation.decisions.confusion import Confusion
from evaluation.decisions.thresholds import (
    DEFAULT_RATE,
    DEFAULT_RULE,
    LEVELS,
    RULES,
    WORKING_POINTS,
    Level,
    Threshold,
)
from evaluation.metrics.curves import Undefined
from evaluation.metrics.metrics import Measure, Protocol, measures
from evaluation.metrics.separation import separation_by_method, separation_by_raw_pixels
from evaluation.report.display import Picture8, outline, overlay
from evaluation.report.palette import MASK_COLOUR, channels, method_colour
from evaluation.report.plots import (
    CurveKind,
    PlottedMethod,
    calibration_figure,
    curve_figure,
    separation_figure,
)
from evaluation.report.tables import versions
from evaluation.report.verdict import verdicts
from evaluation.report.warnings import warnings
from images.colour import to_rgb
from methods.parameters import as_text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SIDE = 420
"""Longest side of a picture in the report, pixels."""
OPACITY = 0.6
PICTURES = 6

CURVES: tuple[tuple[CurveKind, Level], ...] = (
    ("ROC", "pixel"),
    ("ROC", "image"),
    ("PRO", "pixel"),
    ("Precision and recall", "pixel"),
)

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1f; background: #fff;
       max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ddd; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .35rem .7rem; border-bottom: 1px solid #e4e4e8; text-align: left;
         vertical-align: top; }
td.best { background: #009e7326; font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
small, .note { color: #5a5a66; }
.mark { display: inline-block; width: .8em; height: .8em; border-radius: 50%; }
img { display: block; max-width: 100%; }
.warn { background: #fff4d6; padding: .5rem .8rem; border-radius: .4rem; }
"""


@dataclass(frozen=True)
class ReportChoice:
    """What a report shows beside the metrics."""

    thresholds: Mapping[str, Threshold] | None = None
    """The pixel threshold of each method by its label; by default 1 % of held-out normal pixels."""
    pictures: Sequence[int] | None = None
    """Test images whose maps are shown; by default a few spread over the set."""


def write_report(
    comparison: Comparison,
    assessments: Sequence[Assessment],
    path: Path,
    choice: ReportChoice | None = None,
) -> None:
    """Write the report of the methods that finished; about 5 MB, most of it plotly."""
    report = html_report(comparison, assessments, choice)
    with writing(path):
        path.write_text(report, encoding="utf-8")


def html_report(
    comparison: Comparison, assessments: Sequence[Assessment], choice: ReportChoice | None = None
) -> str:
    """The report of one or more methods as an HTML document.

    Raises `ComparisonError` when there is none.
    """
    from plotly.offline import get_plotlyjs

    if not assessments:
        raise ComparisonError("No method has finished, so there is no report.")
    choice = choice or ReportChoice()
    thresholds = choice.thresholds or default_thresholds(assessments)
    pictures = choice.pictures
    if pictures is None:
        pictures = spread_pictures(len(comparison.data.test))
    name = escape(comparison.data.name)
    sections = [
        f"<h1>Anomaly detectors compared on {name}</h1>",
        _about(comparison),
        *(_paragraph(text, "warn") for text in warnings(comparison, assessments)),
        _section("Result", _verdict_text(assessments) + _metrics_table(assessments)),
        _section("Curves", _curves(assessments, thresholds)),
        _section(
            "Thresholds",
            _thresholds_table(assessments, thresholds) + _rules_table(assessments),
        ),
        _section("Calibration", _calibration(assessments)),
        _section("Working points", _working_points(comparison, assessments)),
        _section("Score maps", _maps_table(comparison, assessments, thresholds, pictures)),
        _section("Methods", _methods_table(comparison, assessments)),
        _section("Details", _versions_text(comparison, assessments[0].protocol)),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Anomaly detectors on {name}</title><style>{STYLE}</style>"
        f"<script>{get_plotlyjs()}</script></head><body>{''.join(sections)}</body></html>"
    )


def default_thresholds(assessments: Sequence[Assessment]) -> dict[str, Threshold]:
    """A pixel threshold for every method, reached by 1 % of its held-out normal pixels."""
    return {
        assessment.result.variant.label: assessment.threshold(DEFAULT_RULE, "pixel")
        for assessment in assessments
    }


def spread_pictures(count: int, shown: int = PICTURES) -> list[int]:
    """A few of the test images, spread over all."""
    return sorted(set(np.linspace(0, count - 1, min(shown, count)).round().astype(int).tolist()))


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>'


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join(
        "<tr>"
        + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _number(text: str) -> str:
    return f'<td class="number">{text}</td>'


def _method(index: int, label: str) -> str:
    return f'<span class="mark" style="background:{method_colour(index)}"></span> {escape(label)}'


def _about(comparison: Comparison) -> str:
    data = comparison.data
    labels = [picture.defective() for picture in data.test]
    counts = [
        f"{len(data.normal)} normal images for training",
        f"{len(data.test)} test images, {sum(label is True for label in labels)} defective and "
        f"{sum(label is False for label in labels)} normal",
    ]
    text = _paragraph(f"{'; '.join(counts)}. {data.about}")
    if data.synthetic:
        text += _paragraph("The images or the defects on them are synthetic.", "warn")
    return text


def _verdict_text(assessments: Sequence[Assessment]) -> str:
    names = ("image_auroc", "pixel_auroc", "aupro")
    return "".join(
        _paragraph(sentence) for name in names for sentence in verdicts(assessments, name)
    )


def _metrics_table(assessments: Sequence[Assessment]) -> str:
    note = (
        "Small print: 95 % confidence interval (bootstrap over test images). The best value of "
        "each column is highlighted."
    )
    tables = [_level_table(assessments, level) for level in LEVELS]
    return "".join(tables) + _paragraph(note, "note")


def _level_table(assessments: Sequence[Assessment], level: Level) -> str:
    """The pixel metrics or the image metrics, and why some have no value."""
    possible = [one for one in measures(assessments[0].protocol) if one.level == level]
    known = [
        measure
        for measure in possible
        if any(one.metrics.values[measure.name] is not None for one in assessments)
    ]
    missing = "".join(
        _paragraph(
            f"{measure.title} has no value: {assessments[0].metrics.undefined[measure.name]}.",
            "note",
        )
        for measure in possible
        if measure not in known
    )
    if not known:
        return missing
    rows = [
        [
            _method(index, assessment.result.variant.label),
            *(_metric_cell(assessment, measure, assessments) for measure in known),
        ]
        for index, assessment in enumerate(assessments)
    ]
    titles = [
        f'<abbr title="{escape(measure.description)}">{escape(measure.title)}</abbr>'
        for measure in known
    ]
    return _table(["Method", *titles], rows) + missing


def _metric_cell(
    assessment: Assessment, measure: Measure, assessments: Sequence[Assessment]
) -> str:
    value = assessment.metrics.values[measure.name]
    if value is None:
        return _number("-")
    others = [one.metrics.values[measure.name] for one in assessments]
    best = value == max(other for other in others if other is not None)
    interval = assessment.resampled.interval(measure.name)
    spread = f"<br><small>{interval.low:.3f} to {interval.high:.3f}</small>" if interval else ""
    return f'<td class="number{" best" if best else ""}">{value:.3f}{spread}</td>'


def _curves(assessments: Sequence[Assessment], thresholds: Mapping[str, Threshold]) -> str:
    parts = []
    for kind, level in CURVES:
        plotted = [
            PlottedMethod(
                assessment,
                method_colour(index),
                thresholds[assessment.result.variant.label].value if level == "pixel" else None,
            )
            for index, assessment in enumerate(assessments)
        ]
        try:
            figure = curve_figure(kind, level, plotted, bands=True)
        except Undefined as reason:
            parts.append(_paragraph(f"{kind}, {level}s: no curve, {reason}.", "note"))
        else:
            parts.append(_figure(figure))
    note = "Bands: 95 % confidence, by bootstrap over images."
    return "".join([*parts, _paragraph(note, "note")])


def _figure(figure: "Figure") -> str:
    figure.update_layout(template="plotly_white")
    return figure.to_html(full_html=False, include_plotlyjs=False)


def _thresholds_table(
    assessments: Sequence[Assessment], thresholds: Mapping[str, Threshold]
) -> str:
    rows = []
    for index, assessment in enumerate(assessments):
        threshold = thresholds[assessment.result.variant.label]
        decision = assessment.confusion(threshold.value, "pixel")
        found = assessment.regions_found(threshold.value)
        rates = [
            decision.true_positive_rate,
            decision.false_positive_rate,
            decision.precision,
            decision.f1,
            found,
        ]
        rows.append(
            [
                _method(index, assessment.result.variant.label),
                _number(f"{threshold.value:.5g}"),
                escape(threshold.rule.title),
                escape(f"Set on {threshold.set_on}.")
                + (
                    " <strong>Tuned on the test images.</strong>"
                    if threshold.rule.uses_labels
                    else ""
                ),
                *(_number("-" if rate is None else f"{rate:.3f}") for rate in rates),
            ]
        )
    header = ["Method", "Threshold", "Rule", "Set on", "TPR of pixels", "FPR of pixels",
              "Precision", "F1", "Regions found"]  # fmt: skip
    return _table(header, rows) + _paragraph(
        "A pixel is anomalous if its score is at or above the threshold. A region is found if at "
        "least one of its pixels is anomalous.",
        "note",
    )


def _rules_table(assessments: Sequence[Assessment]) -> str:
    rows = [
        [
            f"{escape(rule.title)}<br><small>{escape(rule.description)}</small>",
            "<strong>the test images</strong>" if rule.uses_labels else "held-out normal images",
            *(_number(_threshold_text(assessment, rule.name)) for assessment in assessments),
        ]
        for rule in RULES
        if any(_threshold_text(assessment, rule.name) != "-" for assessment in assessments)
    ]
    names = [_method(at, one.result.variant.label) for at, one in enumerate(assessments)]
    return _paragraph(
        f"Thresholds of all rules for a target false positive rate of {DEFAULT_RATE:.0%}:"
    ) + _table(["Rule for pixels", "Set on", *names], rows)


def _calibration(assessments: Sequence[Assessment]) -> str:
    """Target rate against found rate, and where normal scores come from."""
    text = _paragraph(
        "A threshold for a target false positive rate is set on scores of normal images. The "
        "table shows the proportion of good test images, and of their pixels, above it. "
        "Intervals: binomial for images, bootstrap over images for pixels."
    )
    rows = []
    for index, assessment in enumerate(assessments):
        label = _method(index, assessment.result.variant.label)
        rows += [
            [label, f"{rate.level}s", *map(_number, _rate_cells(rate))]
            for rate in assessment.found_rates
        ]
    sources = "".join(
        _paragraph(f"{one.result.variant.label}: scores of {one.calibration_text}.", "note")
        for one in assessments
    )
    if not rows:
        return (
            _paragraph(
                "There are no good test images, so the false positive rate cannot be checked."
            )
            + sources
        )
    figures = [
        _figure(calibration_figure(level, _plotted(assessments)))
        for level in LEVELS
        if any(one.found_rates for one in assessments)
    ]
    header = ["Method", "Of", "Target", "Found", "95 % interval"]
    return text + "".join(figures) + _table(header, rows) + sources


def _rate_cells(rate: FoundRate) -> list[str]:
    target = f"{rate.target:.1%}" + ("" if rate.supported else " (too few normal images)")
    return [target, f"{rate.found:.2%}", f"{rate.low:.1%} to {rate.high:.1%}"]


def _plotted(assessments: Sequence[Assessment]) -> list[PlottedMethod]:
    return [PlottedMethod(one, method_colour(at)) for at, one in enumerate(assessments)]


def _threshold_text(assessment: Assessment, name: str) -> str:
    try:
        return f"{assessment.threshold(name, 'pixel').value:.5g}"
    except Undefined:
        return "-"


def _working_points(comparison: Comparison, assessments: Sequence[Assessment]) -> str:
    separations = [separation_by_method(comparison, assessment) for assessment in assessments]
    labels = [_method(at, one.result.variant.label) for at, one in enumerate(assessments)]
    separations.append(separation_by_raw_pixels(comparison))
    labels.append(escape(separations[-1].title))
    rows = [
        [label, *(_number(_rates(point.decision)) for point in separation.points)]
        for label, separation in zip(labels, separations, strict=True)
    ]
    header = [f"{escape(name)}<br><small>{formula}</small>"
              for name, (_, formula, _) in WORKING_POINTS.items()]  # fmt: skip
    text = _paragraph(
        "AUC of the image decision at the six working points of the model of normality, with TPR "
        "and FPR in small print. D1 is the highest score of each held-out normal image, D2 its "
        "mean score. Raw pixels serve as a baseline."
    )
    figures = [
        _figure(separation_figure(separation)) + _paragraph(separation.about, "note")
        for separation in separations
    ]
    return text + _table(["", *header], rows) + "".join(figures)


def _rates(decision: Confusion) -> str:
    area, found, alarms = (
        "-" if rate is None else f"{rate:.2f}"
        for rate in (decision.area, decision.true_positive_rate, decision.false_positive_rate)
    )
    return f"{area}<br><small>{found} / {alarms}</small>"


def _maps_table(
    comparison: Comparison,
    assessments: Sequence[Assessment],
    thresholds: Mapping[str, Threshold],
    pictures: Sequence[int],
) -> str:
    labels = [assessment.result.variant.label for assessment in assessments]
    scales = [
        assessment.display_range(thresholds[label].value)
        for assessment, label in zip(assessments, labels, strict=True)
    ]
    rows = []
    for index in pictures:
        picture = comparison.data.test[index]
        image, mask = picture.read(), picture.mask()
        plain = np.rint(to_rgb(image).clip(0, 1) * 255).astype(np.uint8)
        thickness = -(-max(image.shape[:2]) // SIDE)
        known = plain if mask is None else outline(plain, mask, channels(MASK_COLOUR), thickness)
        cells = [escape(picture.name), _picture(known, f"Test image {picture.name}")]
        for assessment, scale, label in zip(assessments, scales, labels, strict=True):
            drawn = overlay(image, assessment.result.maps[index], scale, OPACITY)
            cells.append(_picture(drawn, f"Scores of {label} on {picture.name}"))
        rows.append(cells)
    header = ["Image", "Image with its defects outlined",
              *(_method(at, label) for at, label in enumerate(labels))]  # fmt: skip
    return _paragraph(
        "Each method uses one colour scale for all images. Black is the median score of held-out "
        "normal pixels, the middle colour is the threshold."
    ) + _table(header, rows)


def _picture(pixels: Picture8, text: str) -> str:
    picture = Pillow.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE), Pillow.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    code = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(text)}" src="data:image/jpeg;base64,{code}">'


def _methods_table(comparison: Comparison, assessments: Sequence[Assessment]) -> str:
    rows = []
    for index, assessment in enumerate(assessments):
        result = assessment.result
        params = ", ".join(f"{name} = {as_text(value)}" for name, value in result.params.items())
        rows.append(
            [
                _method(index, result.variant.label),
                escape(result.variant.detector),
                escape(params),
                _number(str(result.variant.seed)),
                _number(f"{result.fit_seconds:.1f}"),
                _number(f"{result.score_seconds_per_image:.3f}"),
                _number(f"{result.peak_memory_mb:.0f}"),
                _number(f"{result.model_mb:.1f}"),
                _number("-" if result.self_test.mean is None else f"{result.self_test.mean:.2f}"),
            ]
        )
    header = ["Method", "Detector", "Parameters", "Seed", "Training, s", "Inference, s/image",
              "Peak memory, MB", "Model, MB", "Painted defects, AUROC"]  # fmt: skip
    failed = "".join(
        _paragraph(f"{failure.variant.label} did not finish: {failure.reason}", "warn")
        for failure in comparison.failures
    )
    disturbed = [one.result.variant.label for one in assessments if one.result.disturbed]
    note = _paragraph(
        "Another comparison ran at the same time, so times and memory are unreliable for "
        f"{', '.join(disturbed)}.",
        "note",
    )
    return _table(header, rows) + (note if disturbed else "") + failed


def _versions_text(comparison: Comparison, protocol: Protocol) -> str:
    found = ", ".join(f"{name} {number}" for name, number in versions().items())
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    left = [finding for finding in comparison.data.findings if finding.role == "not used"]
    return (
        _paragraph(f"Created on {made} with {found}. Random seed: {comparison.seed}.")
        + _paragraph(f"Image score: {protocol.image_score.text()}.", "note")
        + "".join(_paragraph(finding.text, "note") for finding in left)
    )
