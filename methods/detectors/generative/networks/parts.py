"""All that the detectors of the family are made of and that imports torch, in one place."""

from methods.detectors.generative.networks.adversarial import (
    AdversarialNetwork,
    Critic,
    gradient_penalty,
)
from methods.detectors.generative.networks.elbo import (
    HIGHEST_DENSITY,
    divergence,
    log_density,
    periodic_noise,
    reconstruction_probability,
)
from methods.detectors.generative.networks.map_restoration import restore
from methods.detectors.generative.networks.training import AdversarialSchedule, train_adversarially
from methods.detectors.generative.networks.variational import VariationalNetwork
from methods.detectors.restoration.networks.residuals import REACH, structural_dissimilarity
from methods.training.devices import deterministic, device, one_thread
from methods.training.loop import Objective, Schedule, train

__all__ = [
    "HIGHEST_DENSITY",
    "REACH",
    "AdversarialNetwork",
    "AdversarialSchedule",
    "Critic",
    "Objective",
    "Schedule",
    "VariationalNetwork",
    "deterministic",
    "device",
    "divergence",
    "gradient_penalty",
    "log_density",
    "one_thread",
    "periodic_noise",
    "reconstruction_probability",
    "restore",
    "structural_dissimilarity",
    "train",
    "train_adversarially",
]
