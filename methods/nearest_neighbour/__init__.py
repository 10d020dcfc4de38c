"""Distance of a patch to the nearest of the normal patches that are remembered."""

from methods.nearest_neighbour.detector import NearestNeighbour

__all__ = ["NearestNeighbour"]
