"""New images and what was decided about them, as rows of the picture view."""

from collections.abc import Sequence

from dashboard.components.gallery import address, score_levels
from dashboard.components.layers import MethodLayer, PictureRow
from dashboard.components.pictures import GRID_SIDE, level_picture, mask_picture, photograph
from dashboard.session.applied import Applied
from dashboard.session.applied_image import AppliedImage, Numbers
from evaluation.decisions.masks import NO_PROCESSING
from evaluation.report.palette import method_colour


def applied_layer(applied: Applied) -> MethodLayer:
    """The method as a column of heatmaps, on the colour scale on which it was judged."""
    assert applied.bundle is not None
    scale = applied.bundle.scale
    # Twice the range of the colours: what lies farther out has the last colour in any case.
    reach = 2 * (scale.high - scale.low)
    levels = score_levels(scale.low - reach, scale.low, scale.threshold, scale.high + reach)
    facts = applied.bundle.facts
    return MethodLayer(
        facts.label,
        method_colour(0),
        levels,
        scale.low,
        scale.threshold,
        facts.image_threshold.value,
    )


def applied_row(applied: Applied, image: AppliedImage, levels: Sequence[float]) -> PictureRow:
    """An image that was judged."""
    assert applied.bundle is not None
    assert image.numbers is not None
    found, pixels = applied.found(image), image.read()
    place = image.digest
    decisions = []
    if applied.bundle.facts.processing.rule() != NO_PROCESSING:
        decisions.append(address(mask_picture(found.mask, GRID_SIDE), "applied decision", place))
    counted = found.counted
    return PictureRow(
        image.number,
        image.name,
        in_words(image.numbers),
        (pixels.shape[1], pixels.shape[0]),
        address(photograph(pixels, GRID_SIDE), "applied image", place),
        None,
        [address(level_picture(found.scores, levels, GRID_SIDE), "applied scores", place)],
        None,
        None
        if counted is None
        else address(mask_picture(counted, GRID_SIDE), "applied region", place),
        decisions,
        image_scores=[image.numbers.score],
    )


def in_words(numbers: Numbers) -> str:
    """The decision about an image with its score and p-value."""
    decision = "defective" if numbers.defective else "normal"
    p_value = "" if numbers.p_value is None else f", p = {numbers.p_value:.3g}"
    return f"{decision}, score {numbers.score:.4g}{p_value}"
