"""Networks of one class, what they minimise, and the transformations they tell apart.

Modules here may import torch at their top and are then imported when a detector is fitted or
scores.
"""
