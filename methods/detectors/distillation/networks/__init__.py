"""Students, the teacher that is trained here, and how both are trained.

Modules here may import torch at their top and are then imported when a detector is fitted or
scores.
"""
