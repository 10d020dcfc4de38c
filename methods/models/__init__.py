"""Models of normal patches, and the mathematics that several of them share.

A model is fitted on patches and scores patches; it knows no image and has no name in the registry.
"""
