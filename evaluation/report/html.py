"""One HTML file that tells a comparison to somebody who was not there; it opens without a network.

What the sections show is gathered here; how they look stands in `templates`. Jinja2 escapes every
text there, so that the name of a file or of a variant stays a name; only plots, whose texts plotly
escapes, are markup already.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evaluation.assessment import Assessment
from evaluation.comparison.comparison import Comparison
from evaluation.comparison.learning_curve import AREAS, stored_curve
from evaluation.comparison.storage import ComparisonError, writing
from evaluation.decisions.calibration import IMAGE_RATE
from evaluation.decisions.confusion import Confusion
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing
from evaluation.decisions.thresholds import (
    DEFAULT_RATE,
    LEVELS,
    RULES,
    Level,
    Threshold,
)
from evaluation.level_threshold import Thresholds, default_thresholds
from evaluation.metrics.curves import Undefined
from evaluation.metrics.metrics import Measure, measures
from evaluation.metrics.separation import (
    Separation,
    separation_by_method,
    separation_by_raw_pixels,
)
from evaluation.report.class_plots import class_figures, oscr_figure
from evaluation.report.class_table import COLUMNS, EXPLAINED, class_rows
from evaluation.report.curve_plots import CURVES, CurveKind, curve_figure
from evaluation.report.decided import Decided, decided_at, verdict
from evaluation.report.learning_curve import EXPLAINED as EXPLAINED_CURVE
from evaluation.report.learning_curve import answers, learning_figure, reasons
from evaluation.report.palette import method_colour
from evaluation.report.plots import PlottedMethod, calibration_figure, separation_figure
from evaluation.report.score_maps import score_maps
from evaluation.report.tables import versions
from evaluation.report.telling_images import telling_few
from evaluation.report.tuned import tuned_sentences
from evaluation.report.verdict import verdicts
from evaluation.report.warnings import warnings
from images.words import percent, unbroken
from methods.parameters import as_text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PICTURES = 6

COMPARED = ("image_auroc", "pixel_auroc", "aupro")
"""The metrics by which methods are compared in words."""


@dataclass(frozen=True)
class ReportChoice:
    """What a report shows beside the metrics."""

    thresholds: Mapping[str, Thresholds] | None = None
    """Those of pixels and of images of each method by its label; by default 1 % of the held-out
    normal pixels or images reach them."""
    pictures: Sequence[int] | None = None
    """Test images whose maps are shown; by default the few that tell most, see `telling_few`."""
    processing: PostProcessing = NO_PROCESSING
    """Of the masks that are outlined in the maps."""


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
    decided = decided_at(assessments, thresholds)
    pictures = choice.pictures
    if pictures is None:
        pictures = _telling_pictures(decided, assessments)
    labels = [assessment.result.variant.label for assessment in assessments]
    template = _templates().get_template("report.html.j2")
    return template.render(
        as_text=as_text,
        percent=percent,
        plotly=Markup(get_plotlyjs()),
        data=comparison.data,
        labels=[picture.defective() for picture in comparison.data.test],
        warnings=warnings(comparison, assessments),
        methods=[
            {"label": label, "colour": method_colour(index)} for index, label in enumerate(labels)
        ],
        decided=verdict(decided, assessments[0].labels),
        verdicts=[text for name in COMPARED for text in verdicts(assessments, name)],
        levels=[_level(assessments, level) for level in LEVELS],
        curves=[_curve(kind, level, assessments, thresholds) for kind, level in CURVES],
        thresholds=[
            _threshold(at, assessment, level, thresholds[label][level])
            for at, (assessment, label) in enumerate(zip(assessments, labels, strict=True))
            for level in LEVELS
        ],
        classes=_classes(comparison, assessments),
        learning=_learning(comparison, labels),
        default_rate=DEFAULT_RATE,
        rules=_rules(assessments),
        found_rates=[
            (index, rate) for index, one in enumerate(assessments) for rate in one.found_rates
        ],
        calibration_plots=_calibration_plots(assessments),
        calibration_sources=[
            f"{one.result.variant.label}: scores of {one.calibration_text}." for one in assessments
        ],
        **_working_points(comparison, assessments),
        telling=choice.pictures is None,
        score_maps=score_maps(comparison, assessments, thresholds, pictures, choice.processing),
        results=[assessment.result for assessment in assessments],
        tuned=tuned_sentences(assessments),
        failures=comparison.failures,
        **_details(comparison, assessments),
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("evaluation.report"),
        autoescape=True,
        finalize=lambda value: unbroken(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _telling_pictures(decided: Sequence[Decided], assessments: Sequence[Assessment]) -> list[int]:
    """A few of the test images, those that tell most at the thresholds of the report."""
    flags = np.array([each.flags for each in decided])
    scores = [assessment.image_scores for assessment in assessments]
    return telling_few(flags, scores, assessments[0].labels, PICTURES)


def _level(assessments: Sequence[Assessment], level: Level) -> dict[str, Any]:
    """The pixel metrics or the image metrics, and why some have no value."""
    possible = [one for one in measures(assessments[0].protocol) if one.level == level]
    known = [
        measure
        for measure in possible
        if any(one.metrics.values[measure.name] is not None for one in assessments)
    ]
    return {
        "known": known,
        "missing": [
            f"{measure.title} has no value: {assessments[0].metrics.undefined[measure.name]}."
            for measure in possible
            if measure not in known
        ],
        "rows": [
            [_metric_cell(one, measure, assessments) for measure in known] for one in assessments
        ],
    }


def _metric_cell(
    assessment: Assessment, measure: Measure, assessments: Sequence[Assessment]
) -> dict[str, Any]:
    value = assessment.metrics.values[measure.name]
    if value is None:
        return {"value": "-", "spread": "", "best": False}
    others = [one.metrics.values[measure.name] for one in assessments]
    interval = assessment.resampled.interval(measure.name)
    return {
        "value": f"{value:.3f}",
        "spread": f"{interval.low:.3f} to {interval.high:.3f}" if interval else "",
        "best": value == max(other for other in others if other is not None),
    }


def _curve(
    kind: CurveKind,
    level: Level,
    assessments: Sequence[Assessment],
    thresholds: Mapping[str, Thresholds],
) -> dict[str, Any]:
    """A plot, or the reason why there is none."""
    plotted = [
        PlottedMethod(
            assessment,
            method_colour(index),
            thresholds[assessment.result.variant.label][level].value,
        )
        for index, assessment in enumerate(assessments)
    ]
    try:
        plot = _markup(curve_figure(kind, level, plotted, bands=True))
    except Undefined as reason:
        return {"kind": kind, "level": level, "reason": str(reason)}
    return {"reason": "", "plot": plot}


def _markup(figure: "Figure") -> Markup:
    """A place for a plot and what it shows, as `draw.js` reads it."""
    figure.update_layout(template="plotly_white")
    data = _escaped_json(figure.to_json())
    return Markup(
        f'<div class="plot" style="min-height: {int(figure.layout.height or 450)}px">'
        f'<script type="application/json">{data}</script><div></div></div>'
    )


def _escaped_json(text: str) -> str:
    """JSON that cannot end the script element in which it stands."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _threshold(
    method: int, assessment: Assessment, level: Level, threshold: Threshold
) -> dict[str, Any]:
    decision = assessment.confusion(threshold.value, level)
    rates = [
        decision.true_positive_rate,
        decision.false_positive_rate,
        decision.precision,
        decision.f1,
        assessment.regions_found(threshold.value) if level == "pixel" else None,
    ]
    return {
        "method": method,
        "level": level,
        "value": f"{threshold.value:.5g}",
        "rule": threshold.rule,
        "set_on": threshold.set_on,
        "rates": ["-" if rate is None else f"{rate:.3f}" for rate in rates],
    }


def _rules(assessments: Sequence[Assessment]) -> list[dict[str, Any]]:
    """What each rule sets, without rules that set nothing for any method."""
    rows = []
    for rule in RULES.entries():
        found = [_threshold_text(assessment, rule.name) for assessment in assessments]
        if set(found) != {"-"}:
            rows.append({"rule": rule, "thresholds": found})
    return rows


def _threshold_text(assessment: Assessment, name: str) -> str:
    try:
        return f"{assessment.threshold(name, 'pixel').value:.5g}"
    except Undefined:
        return "-"


def _classes(comparison: Comparison, assessments: Sequence[Assessment]) -> dict[str, Any] | None:
    """How known and unknown classes are told apart; None where no classes are known."""
    names = comparison.data.known_classes
    if len(names) < 2:
        return None
    plots = [
        {"title": one.result.variant.label, "plots": [_markup(each) for each in class_figures(one)]}
        for one in assessments
        if one.recognised is not None
    ]
    plotted = [PlottedMethod(one, method_colour(at)) for at, one in enumerate(assessments)]
    with suppress(Undefined):
        if plots:
            plots.append({"title": "All methods", "plots": [_markup(oscr_figure(plotted))]})
    return {
        "names": names,
        "count": len(names),
        "rate": IMAGE_RATE,
        "titles": list(COLUMNS.values()),
        "rows": class_rows(assessments),
        "explained": EXPLAINED,
        "plots": plots,
    }


def _learning(comparison: Comparison, labels: Sequence[str]) -> dict[str, Any] | None:
    """The learning curves of the methods, as far as they were computed; None where none was."""
    curve = stored_curve(comparison.folder)
    if curve is None or not any(one.label in labels for one in curve.measured):
        return None
    colours = {label: method_colour(index) for index, label in enumerate(labels)}
    figures = [learning_figure(curve, area, colours) for area in AREAS]
    return {
        "plots": [_markup(figure) for figure in figures if figure is not None],
        "answers": [f"{label}: {text}" for label in labels for text in answers(curve, label)],
        "notes": [
            *(f"{label}, images: {text}" for label in labels for text in reasons(curve, label)),
            f"Measured on {curve.tested}. {EXPLAINED_CURVE}",
        ],
    }


def _calibration_plots(assessments: Sequence[Assessment]) -> list[Markup]:
    """Target rate against found rate; none where no rate was found."""
    if not any(one.found_rates for one in assessments):
        return []
    plotted = [PlottedMethod(one, method_colour(at)) for at, one in enumerate(assessments)]
    return [_markup(calibration_figure(level, plotted)) for level in LEVELS]


def _working_points(
    comparison: Comparison, assessments: Sequence[Assessment]
) -> dict[str, Sequence[Any]]:
    """Separations of all methods and, last, of raw pixels; and the points that they have.

    None without normal images.
    """
    if not comparison.data.normal:
        return {"working_points": [], "separations": []}
    separations = [separation_by_method(comparison, assessment) for assessment in assessments]
    separations.append(separation_by_raw_pixels(comparison))
    return {
        "working_points": separations[-1].points,
        "separations": [_separation(separation) for separation in separations],
    }


def _separation(separation: Separation) -> dict[str, Any]:
    return {
        "title": separation.title,
        "about": separation.about,
        "plot": _markup(separation_figure(separation)),
        "cells": [_rates(point.decision) for point in separation.points],
    }


def _rates(decision: Confusion) -> dict[str, str]:
    area, found, alarms = (
        "-" if rate is None else f"{rate:.2f}"
        for rate in (decision.area, decision.true_positive_rate, decision.false_positive_rate)
    )
    return {"area": area, "rates": f"{found} / {alarms}"}


def _details(comparison: Comparison, assessments: Sequence[Assessment]) -> dict[str, Any]:
    findings = comparison.data.findings
    own = [one.result.variant.label for one in assessments if one.has_own_score]
    return {
        "made": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "versions": versions(),
        "seed": comparison.seed,
        "image_score": assessments[0].protocol.image_score.text()
        + (f"; {', '.join(own)}: the detector's own" if own else ""),
        "not_used": [finding.text for finding in findings if finding.role == "not used"],
    }
