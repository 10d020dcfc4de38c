"""Whether the training of one detector can go on from another."""

from typing import Protocol

from methods.errors import DetectorError
from methods.parameters import Parameters, as_text


class Trained(Protocol):
    """What of a detector decides that; see `methods.detector.Detector`."""

    @property
    def name(self) -> str:
        """The detector's name."""

    @property
    def lengths(self) -> tuple[str, ...]:
        """Parameters that say for how many steps networks are trained."""

    params: Parameters
    seed: int
    images_: str


def check_continues(detector: Trained, earlier: Trained) -> None:
    """Raise `DetectorError` unless `detector` is `earlier` with more steps."""
    name, lengths = detector.name, detector.lengths
    if not lengths:
        raise DetectorError(f"{name} trains no network for a number of steps to continue.")
    if type(earlier) is not type(detector):
        raise DetectorError(f"{name} cannot continue the training of {earlier.name}.")
    now, before = detector.params.model_dump(), earlier.params.model_dump()
    now["seed"], before["seed"] = detector.seed, earlier.seed
    for key, value in now.items():
        if key not in lengths and value != before[key]:
            raise DetectorError(
                f"{name} can only continue a training with the same parameters but for "
                f"{' and '.join(lengths)}; {key} is {as_text(value)} and was "
                f"{as_text(before[key])}."
            )
    for key in lengths:
        if now[key] < before[key]:
            raise DetectorError(
                f"{name}.{key} is {now[key]}; expected at least the {before[key]} of the training "
                "that is continued."
            )
    if all(now[key] == before[key] for key in lengths):
        done = " and ".join(f"{key} {now[key]}" for key in lengths)
        raise DetectorError(f"{name} has no step to add to the training: {done} as before.")


def check_same_images(detector: Trained, earlier: Trained) -> None:
    """Raise `DetectorError` unless both were given the same images to learn from."""
    if not earlier.images_:
        raise DetectorError(
            f"{detector.name} cannot continue a training that was saved by an earlier version; fit "
            "that method again."
        )
    if earlier.images_ != detector.images_:
        raise DetectorError(
            f"{detector.name} can only continue a training on the same normal images; the images "
            "are not those of the earlier training."
        )
