"""Parameters with which the battery of contract tests runs these detectors quickly."""

PARAMS = {"student-teacher": {"width": 8, "steps": 30, "batch": 4, "students": 2}}
