"""PaDiM: a Gaussian of normal patches at every position, or one for all."""

from methods.padim.detector import Padim

__all__ = ["Padim"]
