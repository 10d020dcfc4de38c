"""MVTec 3D-AD: photographs and depth of the same objects.

Bergmann et al., The MVTec 3D-AD dataset for unsupervised 3D anomaly detection and localization,
VISAPP 2022. One object has ``train/good``, ``validation/good`` and ``test/<kind>``, and in each of
them ``rgb/*.png``, ``xyz/*.tiff`` and, for testing, masks ``gt/*.png``. An ``xyz`` file has three
floats a pixel, the position of a point in metres; all three are 0 where nothing was measured.
"""

import re
from dataclasses import replace

from images.dataset import GOOD
from images.layouts.layout import MASK, NORMAL, Listing, Part, PatternLayout, Reading, unused
from images.layouts.registry import register

VALIDATION = unused("is a validation image; these are not used")
DEPTH_CHANNEL = 2
"""Of x, y and z."""


class _MVTec3D(PatternLayout):
    folders = "train/good and test/<kind>, with rgb, xyz and gt in them"
    anchor = re.compile("train|validation|test")
    needs = ("train/good/rgb/[^/]+",)

    def recognises(self, files: Listing) -> bool:
        depth = any(re.fullmatch("train/good/xyz/[^/]+", name) for name in files.every)
        return depth and super().recognises(files)


@register
class MVTec3D(_MVTec3D):
    """The photographs."""

    name = "mvtec-3d"
    title = "MVTec 3D-AD, photographs"
    places = (
        ("train/good/rgb/[^/]+", NORMAL),
        ("test/(?P<kind>[^/]+)/rgb/[^/]+", None),
        ("test/[^/]+/gt/[^/]+", MASK),
        ("(train|test)/[^/]+/xyz/[^/]+", unused("is a depth image; this layout reads photographs")),
        ("validation/.+", VALIDATION),
    )


@register
class MVTec3DDepth(_MVTec3D):
    """The depth: z of every point as an image; chosen manually, since photographs are usual."""

    name = "mvtec-3d-depth"
    title = "MVTec 3D-AD, depth"
    by_hand = True
    needs = ("train/good/xyz/[^/]+",)
    places = (
        ("train/good/xyz/[^/]+", Part("normal", GOOD, channel=DEPTH_CHANNEL)),
        ("test/(?P<kind>[^/]+)/xyz/[^/]+", None),
        ("test/[^/]+/gt/[^/]+", MASK),
        ("(train|test)/[^/]+/rgb/[^/]+", unused("is a photograph; this layout reads depth images")),
        ("validation/.+", VALIDATION),
    )

    def read(self, files: Listing) -> Reading:
        parts = {
            name: replace(part, channel=DEPTH_CHANNEL) if part.role == "test" else part
            for name, part in super().read(files).parts.items()
        }
        return Reading(parts, note="Depth is 0 where there is no measurement.")
