"""Defects painted on normal images, so that settings can be judged without any real defect."""
