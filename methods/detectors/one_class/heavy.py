"""Handles to torch and to all that imports it, which detectors use as if they had imported it.

Listing the methods must not load torch, so modules of detectors take both from here.
"""

from typing import TYPE_CHECKING

from methods.lazy import lazily

if TYPE_CHECKING:
    import torch as torch

    from methods.detectors.one_class.networks import parts as parts
else:
    torch = lazily("torch")
    parts = lazily("methods.detectors.one_class.networks.parts")
