"""All that the detectors of the family are made of and that imports torch, in one place."""

from methods.detectors.distillation.networks.cell_network import CellNetwork
from methods.detectors.distillation.networks.regression import regression_objective
from methods.detectors.distillation.networks.triplets import CROP, triplet_objective
from methods.training.devices import deterministic, device, one_thread
from methods.training.loop import Schedule, train

__all__ = [
    "CROP",
    "CellNetwork",
    "Schedule",
    "deterministic",
    "device",
    "one_thread",
    "regression_objective",
    "train",
    "triplet_objective",
]
