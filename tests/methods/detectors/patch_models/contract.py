"""Parameters with which the battery of contract tests runs these detectors quickly."""

PARAMS = {"normalising-flow": {"sample": 2000, "steps": 80, "batch": 128, "hidden": 32}}
