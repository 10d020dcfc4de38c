"""Networks that model the density of patches; modules here import torch at their top."""
