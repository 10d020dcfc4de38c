"""Parameters with which the battery of contract tests runs these detectors quickly."""

PARAMS = {
    "normalising-flow": {
        "sample": 4000,
        "steps": 80,
        "batch": 128,
        "hidden": 32,
        # A flow that learns eight images by heart marks defects off their centre by chance.
        "learning_rate": 0.0001,
    }
}
