"""Which method judges new images: one of the comparison, or a bundle that is uploaded."""

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.components.results import post_processing
from dashboard.components.results.shown_methods import (
    ShownMethod,
    ThresholdChoice,
    bundle_for,
    shown_methods,
)
from dashboard.session import widgets
from dashboard.session.state import Session
from dashboard.session.widgets import forget_unless
from dashboard.text import plain
from evaluation.bundle.bundle import Bundle
from evaluation.bundle.facts import StoredThreshold
from images.errors import AnomalyError
from images.words import count, percent

UPLOADED = "Uploaded file"


def choose_method(mine: Session) -> tuple[Bundle, object] | None:
    """Draw the choice; the bundle and what tells its model from others, None without one."""
    job = mine.job
    comparison = job.comparison() if job is not None else None
    methods: tuple[ShownMethod, ...] = ()
    if job is not None and comparison is not None and comparison.results:
        methods = shown_methods(mine, job, ThresholdChoice.present(job))
    labels = {f"{method.label} (this comparison)": method for method in methods}
    choice, upload = st.columns(2, gap="large")
    with upload:
        _upload(mine)
    uploaded = mine.applied.uploaded
    options = [*labels, *([UPLOADED] if uploaded is not None else [])]
    forget_unless(widgets.APPLY_METHOD, options)
    with choice:
        if not options:
            st.info("Run a comparison, or upload a file that was exported on the page Share.")
            return None
        chosen = st.selectbox(
            "Method",
            options,
            index=len(options) - 1 if uploaded is not None else 0,
            key=widgets.APPLY_METHOD,
            persist_state="session",
        )
        if chosen == UPLOADED:
            assert uploaded is not None
            bundle, model = uploaded, uploaded.digest
        else:
            assert job is not None
            assert comparison is not None
            method, threshold = labels[chosen], ThresholdChoice.present(job)
            processing = post_processing.present()
            model = f"{job.token} {method.label}"
            present = [(one.value, one.rule.name) for one in method.thresholds.values()]
            key = (model, threshold, *present, processing)
            bundle = mine.applied.exported(
                key, lambda: bundle_for(comparison, method, threshold, processing)
            )
        _in_short(bundle)
    return bundle, model


def _upload(mine: Session) -> None:
    def take() -> None:
        given = st.session_state[widgets.BUNDLE_UPLOAD]
        mine.applied.bundle_trouble = ""
        if given is None:
            mine.applied.uploaded = mine.applied.lacking = None
            return
        _take(mine, given, mine.applied.upload)

    st.file_uploader(
        "Exported method (optional)",
        type="safetensors",
        key=widgets.BUNDLE_UPLOAD,
        on_change=take,
        help="A file from the page Share or from anomaly-compare export. It runs no code.",
    )
    if mine.applied.bundle_trouble:
        st.error(plain(mine.applied.bundle_trouble))
    if mine.applied.lacking is not None:
        _network_upload(mine)


def _network_upload(mine: Session) -> None:
    """Where the file of the network is given that a bundle needs."""

    def take() -> None:
        given = st.session_state[widgets.NETWORK_UPLOAD]
        if given is None or mine.applied.lacking is None:
            return
        _take(mine, given, mine.applied.upload_network)

    st.file_uploader(
        "Network of the method",
        type="onnx",
        key=widgets.NETWORK_UPLOAD,
        on_change=take,
        help="The ONNX file that the method was fitted with. It is kept until you leave.",
    )


def _take(mine: Session, given: UploadedFile, upload: Callable[[str, bytes], None]) -> None:
    """Use what was uploaded, and choose it; or keep the sentence why it cannot be used."""
    try:
        upload(given.name, given.getvalue())
        mine.applied.bundle_trouble = ""
        st.session_state.pop(widgets.APPLY_METHOD, None)
    except AnomalyError as error:
        mine.applied.bundle_trouble = str(error)


def _in_short(bundle: Bundle) -> None:
    """Thresholds, and everything else that the file says on request."""
    facts = bundle.facts
    of_images, of_pixels = _origin(facts.image_threshold), _origin(facts.pixel_threshold)
    origins = f"Threshold of images: {of_images}. Threshold of pixels: {of_pixels}."
    if of_images == of_pixels:
        origins = f"Both thresholds: {of_images}."
    st.caption(
        f"An image is called defective at a score of {facts.image_threshold.value:.4g} or more, a "
        f"pixel is marked at {facts.pixel_threshold.value:.4g} or more. {plain(origins)}"
    )
    if facts.image_threshold.uses_labels or facts.pixel_threshold.uses_labels:
        st.caption("A threshold was set on test images themselves, so expect worse on new images.")
    with st.popover("Model card", icon=":material/badge:"):
        _card(bundle)


def _origin(threshold: StoredThreshold) -> str:
    rate = "" if threshold.rate is None else f" of {percent(threshold.rate, None)}"
    return f"{threshold.title}{rate}, set on {threshold.set_on}"


def _card(bundle: Bundle) -> None:
    facts, card = bundle.facts, bundle.facts.card
    st.markdown(
        f"**{plain(facts.label)}** ({plain(facts.detector)}), exported {plain(facts.created)} by "
        f"Anomaly Compare {plain(facts.versions.get('anomaly-compare', 'of unknown version'))}."
    )
    st.markdown(
        f"{plain(facts.trained_on)}"
        f"{' (synthetic)' if card.synthetic else ''}, evaluated on "
        f"{count(card.test_images, 'test image')}, "
        f"{card.defective_test_images} of them defective and {card.good_test_images} good. "
        f"{plain(card.about)}"
    )
    st.table(
        [
            {
                "Metric": plain(metric.title),
                "Value": f"{metric.value:.3f}" if metric.value is not None else "–",
            }
            for metric in card.metrics.values()
        ]
    )
    for text in (*card.found_rates, *card.warnings):
        st.caption(plain(text))
    st.caption(
        f"Image score: {plain(facts.image_score_text)}. Scores of normal images: "
        f"{plain(card.calibration)}. Digest of the training images: {plain(card.training_digest)}."
    )
    used = ", ".join(f"{name} = {value}" for name, value in facts.params.items())
    st.caption(plain(used))
