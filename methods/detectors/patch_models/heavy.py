"""Handles to torch and to the networks of this family, imported when one is fitted or scores."""

from typing import TYPE_CHECKING

from methods.lazy import lazily

if TYPE_CHECKING:
    import torch as torch

    from methods.detectors.patch_models.networks import flow as flow
    from methods.training import devices as devices
else:
    torch = lazily("torch")
    flow = lazily("methods.detectors.patch_models.networks.flow")
    devices = lazily("methods.training.devices")
