"""From scores to decisions: image scores, normal scores, thresholds, masks, and whether they hold.

What decides whether a pixel, an image or a batch is unusual belongs here.
"""
