"""New images, read as the images of the comparison were: the same black and white."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.bundle.facts import StoredRange
from images.colour import Image, Mask
from images.errors import ImageError
from images.properties import Properties, properties_of
from images.reading.files import Page
from images.reading.intensity import Range
from images.reading.page import Header
from images.reading.reader import to_image


@dataclass(frozen=True)
class NewImage:
    """An image that is to be judged."""

    name: str
    pixels: Image
    with_data: Mask | None
    """The pixels that have data; None for all."""
    properties: Properties | None = None
    """What was measured of it, where that was asked for."""


def read_page(page: Page, scales: Mapping[str, StoredRange], *, measured: bool) -> NewImage:
    """Decode one page of a file by the intensity rule of a bundle.

    Raises `ImageError` when it cannot be read, or when the bundle does not say which values of its
    samples are black and white.
    """
    samples = page.decode()
    scale = page.header.scale or _scale(page.header, scales)
    if scale is None:
        known = ", ".join(sorted(scales)) or "8 bits alone"
        raise ImageError(
            page.name,
            f"has {page.header.depth} samples ({page.header.samples.name}), of which the images of "
            f"the comparison had none, so black and white are unknown; expected {known}",
        )
    pixels = to_image(samples, scale)
    with_data = None if samples.empty is None else ~samples.empty
    return NewImage(page.name, pixels, with_data, properties_of(pixels) if measured else None)


def _scale(header: Header, scales: Mapping[str, StoredRange]) -> Range | None:
    """Black and white of a type of samples, in whichever byte order a file has them."""
    for samples in (header.samples, header.samples.newbyteorder()):
        if samples.str in scales:
            return scales[samples.str].range()
    return None
