"""The detectors, a folder for each family and a module for each detector.

The registry imports every module that stands directly in a family, so these import nothing heavy
at their top; what a family shares and is slow to import goes into a folder inside it.
"""
