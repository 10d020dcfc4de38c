"""The classifiers of the family, and what they are trained with; all of it imports torch."""
