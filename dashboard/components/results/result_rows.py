"""Results as columns and rows of the picture view, shared by the pages that draw it."""

from collections.abc import Callable

from dashboard.components.gallery import Gallery, address
from dashboard.components.layers import MethodLayer, PictureRow, moved_thresholds
from dashboard.components.results.shown_methods import ShownMethod
from dashboard.session.state import Session
from evaluation.decisions.masks import NO_PROCESSING, PostProcessing
from evaluation.decisions.thresholds import manual


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
            for at, data in enumerate(decided_masks(gallery, methods, index, side, processing))
        ],
        methods[0].assessment.labels[index],
        [float(method.assessment.image_scores[index]) for method in methods],
        [
            gallery.marked(method.assessment, index, method.threshold, processing)
            for method in methods
        ],
    )


def decided_masks(
    gallery: Gallery,
    methods: tuple[ShownMethod, ...],
    index: int,
    side: int,
    processing: PostProcessing,
) -> list[bytes]:
    """The decided masks of an image, where they are more than scores at or above a threshold."""
    if processing == NO_PROCESSING:
        return []
    return [
        gallery.decision(method.assessment, index, method.threshold, processing, side)
        for method in methods
    ]


def take_thresholds(mine: Session, key: str, methods: tuple[ShownMethod, ...]) -> None:
    """Keep the thresholds that a person moved in the view with this key."""
    moved = moved_thresholds(key)
    for method in methods:
        for level, value in moved.get(method.label, {}).items():
            if value != method.thresholds[level].value:
                mine.view.choose(method.label, level, manual(value))
