"""What can be done with images that are not enough for a comparison, or not for all metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dashboard.session.state import Session
from images.dataset import GOOD, DataSet
from methods import registry

StepName = Literal["draw", "without-normal", "alone", "set-aside", "as-test"]

SET_ASIDE = 5
"""One of so many normal images is set aside for testing."""


@dataclass(frozen=True)
class NextStep:
    """What is possible now, in a sentence or two, and the presses that do it."""

    text: str
    steps: tuple[StepName, ...] = ()


def next_step(mine: Session, data: DataSet) -> NextStep | None:
    """What a person can do next; None where a comparison lacks nothing."""
    if data.undecided:
        return None
    uploaded = mine.images.uploads.files is not None
    if not data.test:
        return _without_test(data) if uploaded else None
    if not data.normal:
        return _without_normal(data)
    all_bad = all(picture.kind not in (None, GOOD) for picture in data.test)
    if all_bad and uploaded and len(data.normal) > 1:
        return NextStep(
            "All test images are defective, so it cannot be measured whether good images are told "
            f"from them. Set {_some(data)} aside as good test images.",
            ("set-aside",),
        )
    return None


def _without_test(data: DataSet) -> NextStep | None:
    if len(data.normal) > 1:
        return NextStep(
            "There are only normal images. Upload images to test, or set "
            f"{_some(data)} aside as good test images: then you see how many of them would be "
            "flagged, and how well defects are found that are painted on normal images.",
            ("set-aside",),
        )
    if data.normal:
        return NextStep(
            "There is one normal image and nothing to test. Upload images to test, or use this one "
            "as a test image and mark a normal part of it.",
            ("as-test",),
        )
    if given_as_masks(data):
        return NextStep(
            "There are only masks. Upload the images that they belong to, or, if these are no "
            "masks, use them as test images.",
            ("as-test",),
        )
    return NextStep(
        "None of the files can be used as an image. Upload images, such as PNG, JPEG or TIFF, or "
        "choose sample data; the table below says why each file is not used."
    )


def _without_normal(data: DataSet) -> NextStep:
    marked = "mark a part of a test image as normal: the other methods are then trained on it."
    if len(data.test) > 1:
        return NextStep(
            "There is no normal image to train on. Some methods do without, as long as most of "
            f"each test image is normal. Or {marked}",
            ("without-normal", "draw"),
        )
    alone = (
        "There is no normal image to train on. Mark a part of the image as normal: the methods "
        "are then trained on it and applied to the rest."
    )
    if any(not registry.get(name).needs for name in registry.names()):
        return NextStep(f"{alone} Or use a method that needs no other image.", ("draw", "alone"))
    return NextStep(alone, ("draw",))


def given_as_masks(data: DataSet) -> list[str]:
    """The names of the files that are masks, with an image or without."""
    return [
        finding.name
        for finding in data.findings
        if finding.role == "mask" or "is a mask without an image" in finding.text
    ]


def roles_for(step: StepName, data: DataSet) -> Mapping[str, str]:
    """The roles that a step gives to files."""
    if step == "as-test":
        names = [picture.name for picture in data.normal] or given_as_masks(data)
        return dict.fromkeys(names, "test")
    every = data.normal[:: max(2, min(SET_ASIDE, len(data.normal)))]
    return {picture.name: "test/good" for picture in every}


def _some(data: DataSet) -> str:
    return f"{len(roles_for('set-aside', data))} of the {len(data.normal)} normal images"
