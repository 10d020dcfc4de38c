"""Networks that restore images, their losses, and the statistics of what they restore.

Modules here may import torch at their top and are then imported when a detector is fitted or
scores; `losses` does not.
"""
