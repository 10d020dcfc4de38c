"""What describes a patch: raw pixels, the activations of a pretrained network, filter responses.

A module is one kind of features or a wrapper around any; the networks are in `backbones`.
"""
