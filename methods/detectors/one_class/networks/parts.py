"""All that the detectors of the family are made of and that imports torch, in one place."""

from methods.detectors.one_class.networks.classifier import TransformationClassifier, apply
from methods.detectors.one_class.networks.patch_network import PatchNetwork, around_cells
from methods.detectors.one_class.networks.svdd import (
    FEWEST,
    FLATTEST,
    OneClassLoss,
    Pretraining,
    SoftBoundaryLoss,
    SvddNetwork,
    collapse,
)
from methods.training.devices import deterministic, device, one_thread
from methods.training.loop import Schedule, train

__all__ = [
    "FEWEST",
    "FLATTEST",
    "OneClassLoss",
    "PatchNetwork",
    "Pretraining",
    "Schedule",
    "SoftBoundaryLoss",
    "SvddNetwork",
    "TransformationClassifier",
    "apply",
    "around_cells",
    "collapse",
    "deterministic",
    "device",
    "one_thread",
    "train",
]
