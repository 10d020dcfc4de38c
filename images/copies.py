"""Test images that have exactly the pixels of a normal image."""

from images.dataset import DataSet, Picture


def copies(data: DataSet) -> list[tuple[Picture, Picture]]:
    """Pairs of a test image and a normal image with equal pixels, as far as files were looked at.

    A method has seen such a test image, so what it says about it proves nothing.
    """
    normal = {picture.digest: picture for picture in data.normal if picture.digest}
    return [(picture, normal[picture.digest]) for picture in data.test if picture.digest in normal]
