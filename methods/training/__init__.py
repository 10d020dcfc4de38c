"""What every network that is trained here needs: crops, the loop, its curves, tiles, devices.

Nothing here knows a detector; modules that import torch at their top are imported when a training
or scoring begins.
"""
