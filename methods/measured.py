"""What detectors reached on the reference sets with their defaults, and what it cost."""

from dataclasses import dataclass

REFERENCE_IMAGES = 5
"""Images of the training that was timed."""
REFERENCE_PIXELS = 1024 * 700
"""Pixels of each image that was timed."""
REFERENCE_CORES = 2


@dataclass(frozen=True)
class Measured:
    """Measured on `REFERENCE_CORES`; None where nobody measured."""

    nanofibres: float | None = None
    """Pixel AUROC on micrographs of nanofibres (NanoTWICE), trained on 5 images."""
    grid: float | None = None
    """Pixel AUROC on images of a wire grid, trained on 60 images."""
    training_seconds: float | None = None
    """Training on `REFERENCE_IMAGES` of `REFERENCE_PIXELS`."""
    image_seconds: float | None = None
    """Inference for one image of `REFERENCE_PIXELS`."""
    fixed: float = 0.5
    """The share of that training that takes as long on any number of images."""
    fixed_from: float = 0.0
    """Pixels of all images together from which it does; on fewer, it is shorter in proportion."""
    features: float = 0.0
    """The share of that training that computes features, which are kept for further fits."""
    first_loading: float = 2.0
    """Seconds to load and compile what it needs, the first time on a machine."""
