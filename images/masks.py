"""A mask file: which pixels are defective.

A pixel is defective when its value is above 0 in any channel, whatever the largest value: 1, 255
and 65535 mean the same, and so does the soft edge that an editor leaves. A palette mask counts by
the colour of an entry, not by its number. What is transparent is not defective; in a mask that is
black all over and partly transparent, what is opaque is.
"""

from images.colour import Mask
from images.errors import ImageError, shown
from images.page import Header, Samples

MOSTLY = 0.5
"""A larger defective part than this looks like a mask whose black and white are swapped."""


def to_mask(samples: Samples) -> Mask:
    """The pixels that count, (H, W)."""
    values = samples.values
    counts = (values if values.ndim == 2 else values.max(axis=2)) > 0
    if samples.alpha is None:
        return counts
    opaque = samples.alpha > 0
    return counts & opaque if counts.any() else opaque


def check_mask_size(mask_name: str, mask: Header, image_name: str, image: Header) -> None:
    """Raise `ImageError` unless a mask is as large as its image."""
    if (mask.width, mask.height) != (image.width, image.height):
        raise ImageError(
            mask_name,
            f"is a mask of {mask.width} x {mask.height} pixels, but its image "
            f"{shown(image_name)} is {image.width} x {image.height}",
        )
