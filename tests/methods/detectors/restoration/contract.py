"""Parameters with which the battery of contract tests runs these detectors quickly."""

SMALL = {"reduction": 1, "crop": 32, "width": 8, "steps": 60, "batch": 8, "smoothing": 2.0}

PARAMS = {
    "autoencoder": SMALL,
    "denoising-autoencoder": SMALL | {"layers": 5, "filters": 4, "denoiser_steps": 40},
    "inpainting": SMALL | {"batch": 4, "squares": (4, 8)},
    "latent-mixture": SMALL,
}
