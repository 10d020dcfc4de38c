"""Test images that show what a normal image shows: exactly its pixels, or nearly."""

from collections.abc import Callable

from images.dataset import DataSet, Picture, Pixels
from images.shared_pixels import groups_of


def copies(data: DataSet) -> list[tuple[Picture, Picture]]:
    """Pairs of a test image and a normal image with equal pixels, as far as files were looked at.

    A method has seen such a test image, so what it says about it proves nothing.
    """
    normal = {picture.digest: picture for picture in data.normal if picture.digest}
    return [(picture, normal[picture.digest]) for picture in data.test if picture.digest in normal]


def near_copies(
    data: DataSet, on_image: Callable[[], None] = lambda: None
) -> list[tuple[Picture, Picture]]:
    """Pairs of a test image and a normal image that share pixels or are near-duplicates.

    Each test image comes once at most, with the first normal image of its group; the pixels may be
    shared through a third image that overlaps both. Those in `copies` are left out. `on_image` is
    called before each image, which is decoded once; see `groups_of` for the rule and the cost.
    """
    if not data.normal or not data.test:
        return []
    exact = {id(picture) for picture, _ in copies(data)}
    groups = groups_of(Pixels((*data.normal, *data.test)), on_image)
    first: dict[int, Picture] = {}
    for picture, group in zip(data.normal, groups, strict=False):
        first.setdefault(group, picture)
    return [
        (picture, first[group])
        for picture, group in zip(data.test, groups[len(data.normal) :], strict=True)
        if group in first and id(picture) not in exact
    ]
