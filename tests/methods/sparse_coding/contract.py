"""Parameters with which the battery of contract tests runs this detector quickly."""

PARAMS = {
    "sparse-coding": {
        "atoms": 64,
        "surroundings": 31,
        "training_patches": 4000,
        "density_patches": 2000,
        "smoothing": 2.0,
    }
}
