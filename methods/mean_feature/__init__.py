"""Deep features compared with their mean over normal images."""

from methods.mean_feature.detector import MeanFeature

__all__ = ["MeanFeature"]
