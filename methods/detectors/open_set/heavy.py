"""Handles to torch and to all that imports it, which the detector uses as if it had imported it.

Listing the methods must not load torch, so the detector takes both from here.
"""

from typing import TYPE_CHECKING

from methods.lazy import lazily

if TYPE_CHECKING:
    import torch as torch

    from methods.detectors.open_set.networks import parts as parts
else:
    torch = lazily("torch")
    parts = lazily("methods.detectors.open_set.networks.parts")
