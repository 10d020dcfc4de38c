"""Detectors that train a network to restore normal images and score what it cannot restore."""

from methods.autoencoder.autoencoder import Autoencoder
from methods.autoencoder.denoising import DenoisingAutoencoder
from methods.autoencoder.inpainting import Inpainting
from methods.autoencoder.latent_mixture import LatentMixture

__all__ = ["Autoencoder", "DenoisingAutoencoder", "Inpainting", "LatentMixture"]
