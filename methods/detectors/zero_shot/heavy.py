"""Handle to CLIP, imported when it is fitted or scores."""

from typing import TYPE_CHECKING

from methods.lazy import lazily

if TYPE_CHECKING:
    from methods.detectors.zero_shot.networks import clip_model as clip_model
else:
    clip_model = lazily("methods.detectors.zero_shot.networks.clip_model")
