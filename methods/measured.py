"""What detectors reached on the reference sets with their defaults, and what it cost."""

from dataclasses import dataclass

REFERENCE_IMAGES = 5
"""Images of the training that was timed."""
REFERENCE_PIXELS = 1024 * 700
"""Pixels of each image that was timed."""


@dataclass(frozen=True)
class Measured:
    """Measured on two cores; None where nobody measured."""

    nanofibres: float | None = None
    """Pixel AUROC on micrographs of nanofibres (NanoTWICE), trained on 5 images."""
    grid: float | None = None
    """Pixel AUROC on images of a wire grid, trained on 60 images."""
    training_seconds: float | None = None
    """Training on `REFERENCE_IMAGES` of `REFERENCE_PIXELS`."""
    image_seconds: float | None = None
    """Inference for one image of `REFERENCE_PIXELS`."""
    grows: bool = True
    """Whether training takes longer on more pixels; False for a fixed number of steps."""

    def seconds(self, normal_pixels: float, test_pixels: float) -> float | None:
        """About how long training and inference take on so many pixels; None where unknown."""
        if self.training_seconds is None or self.image_seconds is None:
            return None
        share = normal_pixels / (REFERENCE_IMAGES * REFERENCE_PIXELS) if self.grows else 1.0
        return self.training_seconds * share + self.image_seconds * test_pixels / REFERENCE_PIXELS
