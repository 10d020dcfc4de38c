"""Networks that draw images, what they are trained to minimise, and what is measured of them.

Modules here import torch at their top and are imported when a detector is fitted or scores.
"""
