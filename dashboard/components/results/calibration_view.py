"""Whether thresholds hold: target and measured false positive rates on good test images."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session import widgets
from dashboard.text import plain
from evaluation.decisions.calibration import IMAGE_RATE, in_words, rate_at
from evaluation.decisions.thresholds import DEFAULT_RATE, LEVELS
from evaluation.report.plots import PlottedMethod, calibration_figure
from images.words import count, percent


def calibration_view(methods: Sequence[ShownMethod]) -> None:
    """Draw a plot for pixels and one for images, and a table with both rates in words."""
    st.caption(
        "A threshold for a target false positive rate is set on normal images, each scored by a "
        "model that was not trained on it. This plot checks the threshold on the good test "
        "images. Below the dotted line there are fewer false positives than the target allows, "
        "above it there are more."
    )
    if not any(method.assessment.has_normal for method in methods):
        st.info("There are no normal images, so no false positive rate can be set or checked.")
        return
    if not any(method.assessment.found_rates for method in methods):
        st.info("No test image is known to be good, so the false positive rate cannot be checked.")
    else:
        for column, level in zip(st.columns(2, gap="medium"), LEVELS, strict=True):
            lines = [PlottedMethod(method.assessment, method.colour) for method in methods]
            column.plotly_chart(
                calibration_figure(level, lines),
                key=widgets.calibration(level),
                alt=f"Measured against target false positive rate of {level}s for "
                f"{', '.join(method.label for method in methods)}.",
            )
        st.table([_row(method) for method in methods])
    for method in methods:
        result = method.assessment.result
        normal = method.assessment.normal_images
        painted = (
            ""
            if result.self_test.mean is None
            else f" Pixel AUROC on defects painted on normal images: {result.self_test.mean:.2f}."
        )
        st.caption(
            f"**{plain(method.label)}**: scores of {plain(method.assessment.calibration_text)}, "
            f"{result.calibration_seconds:.1f} s. With {count(normal.count, 'image')}, the "
            f"target rate of "
            f"images can be {percent(normal.smallest_rate, 1)} or more.{painted}"
        )


def _row(method: ShownMethod) -> dict[str, str]:
    rates = method.assessment.found_rates
    pixel, image = rate_at(rates, "pixel", DEFAULT_RATE), rate_at(rates, "image", IMAGE_RATE)
    return {
        "Method": plain(method.label),
        "Pixels": "–" if pixel is None else plain(in_words(pixel)),
        "Images": "–" if image is None else plain(in_words(image)),
    }
