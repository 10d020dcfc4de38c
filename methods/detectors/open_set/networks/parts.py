"""All that the detectors of the family are made of and that imports torch, in one place."""

from methods.detectors.open_set.networks.classifier import (
    CELL,
    features_of,
    given_classifier,
    labelled,
    last_layer,
    load,
    small_classifier,
    standardise,
)
from methods.detectors.open_set.networks.variation import Varied, resized, stretched
from methods.training.devices import deterministic
from methods.training.loop import Schedule, train

__all__ = [
    "CELL",
    "Schedule",
    "Varied",
    "deterministic",
    "features_of",
    "given_classifier",
    "labelled",
    "last_layer",
    "load",
    "resized",
    "small_classifier",
    "standardise",
    "stretched",
    "train",
]
