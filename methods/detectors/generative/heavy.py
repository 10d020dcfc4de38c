"""Handles to torch and to all that imports it, which detectors use as if they had imported it."""

from typing import TYPE_CHECKING

from methods.lazy import lazily

if TYPE_CHECKING:
    import torch as torch

    from methods.detectors.generative.networks import parts as parts
else:
    torch = lazily("torch")
    parts = lazily("methods.detectors.generative.networks.parts")
