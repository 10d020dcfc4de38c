"""Results as columns and rows of the picture view, shared by the pages that draw it."""

from collections.abc import Callable

import streamlit as st

from dashboard.components.gallery import Gallery, address
from dashboard.components.layers import MethodLayer, PictureRow, moved_thresholds
from dashboard.components.pictures import mask_picture
from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session.state import Session
from evaluation.assessment import Assessment
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing, decide
from evaluation.decisions.thresholds import manual
from evaluation.report.calls import marked_share


def method_layer(gallery: Gallery, method: ShownMethod) -> MethodLayer:
    """A method as a column of heatmaps."""
    assessment = method.assessment
    low = assessment.display_range(method.first_threshold).low
    levels = gallery.levels(assessment, low, method.first_threshold)
    return MethodLayer(
        method.label,
        method.colour,
        levels,
        low,
        method.threshold,
        method.image_threshold,
        gallery.image_levels(assessment),
    )


def picture_row(
    gallery: Gallery,
    methods: tuple[ShownMethod, ...],
    index: int,
    side: int,
    mark: tuple[int, int] | None = None,
    processing: PostProcessing = NO_PROCESSING,
    place: Callable[..., str] = address,
) -> PictureRow:
    """A test image as a row of pictures at most `side` pixels wide and high.

    `place` gives the address of a picture; see `gallery.address`.
    """
    picture = gallery.data.test[index]
    photograph, mask = gallery.test(index, side), gallery.mask(index, side)
    counted = gallery.counted(index, side)
    scores = [
        gallery.scores(method.assessment, method_layer(gallery, method).levels, index, side)
        for method in methods
    ]
    return PictureRow(
        index,
        picture.name,
        picture.kind or "kind unknown",
        (photograph.width, photograph.height),
        place(photograph.data, "image", index, side),
        None if mask is None else place(mask, "mask", index, side),
        [place(data, "scores", index, side, at) for at, data in enumerate(scores)],
        mark,
        None if counted is None else place(counted, "counted", index, side),
        [
            place(data, "decision", index, side, at)
            for at, data in enumerate(decided_masks(methods, index, side, processing))
        ],
        methods[0].assessment.labels[index],
        [float(method.assessment.image_scores[index]) for method in methods],
        [
            _marked(
                method.assessment,
                str(method.assessment.result.folder),
                index,
                method.threshold,
                processing,
            )
            for method in methods
        ],
    )


def decided_masks(
    methods: tuple[ShownMethod, ...], index: int, side: int, processing: PostProcessing
) -> list[bytes]:
    """The decided masks of an image, where they are more than scores at or above a threshold."""
    if processing == NO_PROCESSING:
        return []
    return [
        _decision(
            method.assessment,
            str(method.assessment.result.folder),
            index,
            method.threshold,
            processing,
            side,
        )
        for method in methods
    ]


@st.cache_data(max_entries=400, show_spinner=False)
def _decision(
    _assessment: Assessment,
    folder: str,
    index: int,
    threshold: float,
    processing: PostProcessing,
    side: int,
) -> bytes:
    """A decided mask as a picture; `folder` tells results apart."""
    scores, counted = _assessment.result.maps[index], _assessment.truths[index].counted
    return mask_picture(decide(scores, threshold, processing, counted=counted), side)


@st.cache_data(max_entries=4000, show_spinner=False)
def _marked(
    _assessment: Assessment, folder: str, index: int, threshold: float, processing: PostProcessing
) -> tuple[float, bool]:
    """What a decided mask covers, at full resolution; `folder` tells results apart."""
    scores, truth = _assessment.result.maps[index], _assessment.truths[index]
    return marked_share(decide(scores, threshold, processing, counted=truth.counted), truth)


def take_thresholds(mine: Session, key: str, methods: tuple[ShownMethod, ...]) -> None:
    """Keep the thresholds that a person moved in the view with this key."""
    moved = moved_thresholds(key)
    for method in methods:
        for level, value in moved.get(method.label, {}).items():
            if value != method.thresholds[level].value:
                mine.view.choose(method.label, level, manual(value))
