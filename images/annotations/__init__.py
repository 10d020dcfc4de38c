"""Readers of annotations that stand beside images and mark defects by shapes."""
