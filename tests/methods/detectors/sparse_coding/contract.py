"""Parameters with which the battery of contract tests runs these detectors quickly."""

_QUICK = {
    "atoms": 64,
    "surroundings": 31,
    "training_patches": 4000,
    "density_patches": 2000,
    "components": 8,
    "stride": 2,
    "smoothing": 2.0,
}
PARAMS = {
    "sparse-coding": _QUICK,
    "multiscale-sparse-coding": _QUICK | {"atoms": 32},
}
