"""Detectors that train a network to restore normal images and score what it cannot restore."""

from methods.autoencoder.autoencoder import Autoencoder

__all__ = ["Autoencoder"]
