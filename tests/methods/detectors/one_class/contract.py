"""Parameters with which the battery of contract tests runs these detectors quickly."""

SMALL = {
    "reduction": 1,
    "patches": (16,),
    "whole_side": 8,
    "width": 8,
    "steps": 60,
    "batch": 16,
    "smoothing": 2.0,
}

PARAMS = {
    "deep-svdd": SMALL | {"pretraining": 20, "code": 16},
    "transformations": SMALL | {"steps": 200, "learning_rate": 0.01, "features": 16},
}
