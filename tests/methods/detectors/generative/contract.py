"""Parameters with which the battery of contract tests runs these detectors quickly."""

SMALL = {"reduction": 1, "crop": 32, "width": 8, "steps": 60, "batch": 8, "smoothing": 2.0}

PARAMS = {
    "gan": SMALL | {"encoder_steps": 60},
    "variational-autoencoder": SMALL,
}
