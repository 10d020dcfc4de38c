"""All that the detectors of the family are made of and that imports torch, in one place."""

from methods.detectors.restoration.networks.denoiser import Denoiser, RestoringPair, mask_residual
from methods.detectors.restoration.networks.masks import periodic_masks, random_masks
from methods.detectors.restoration.networks.mixture import fit_mixture
from methods.detectors.restoration.networks.mixture_network import MixtureNetwork, points_of
from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder
from methods.detectors.restoration.networks.normality import (
    LIKEST,
    NormalResiduals,
    residual_statistics,
)
from methods.detectors.restoration.networks.residuals import (
    RADIUS,
    REACH,
    Residual,
    gradient_dissimilarity,
    residual,
    squared_error,
    structural_dissimilarity,
)
from methods.training.devices import deterministic, device, one_thread
from methods.training.interruption import interruptible
from methods.training.loop import Objective, Schedule, train, warm_up

__all__ = [
    "LIKEST",
    "RADIUS",
    "REACH",
    "ConvolutionalAutoencoder",
    "Denoiser",
    "MixtureNetwork",
    "NormalResiduals",
    "Objective",
    "Residual",
    "RestoringPair",
    "Schedule",
    "deterministic",
    "device",
    "fit_mixture",
    "gradient_dissimilarity",
    "interruptible",
    "mask_residual",
    "one_thread",
    "periodic_masks",
    "points_of",
    "random_masks",
    "residual",
    "residual_statistics",
    "squared_error",
    "structural_dissimilarity",
    "train",
    "warm_up",
]
