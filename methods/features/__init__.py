"""What describes a patch: raw pixels, the activations of a pretrained network, filter responses."""
