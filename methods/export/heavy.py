"""Handles to what imports torch, so that asking whether a detector can be exported does not."""

from typing import TYPE_CHECKING

from methods.lazy import lazily

if TYPE_CHECKING:
    import torch as torch

    from methods.detectors.patch_models.networks import flow as flow
    from methods.detectors.restoration.networks import denoiser as denoiser
    from methods.detectors.restoration.networks import masks as masks
    from methods.detectors.restoration.networks import mixture_network as mixture_network
    from methods.detectors.restoration.networks import normality as normality
    from methods.detectors.restoration.networks import residuals as residuals
else:
    torch = lazily("torch")
    flow = lazily("methods.detectors.patch_models.networks.flow")
    denoiser = lazily("methods.detectors.restoration.networks.denoiser")
    masks = lazily("methods.detectors.restoration.networks.masks")
    mixture_network = lazily("methods.detectors.restoration.networks.mixture_network")
    normality = lazily("methods.detectors.restoration.networks.normality")
    residuals = lazily("methods.detectors.restoration.networks.residuals")
