"""CLIP through OpenCLIP: embeddings of texts, of whole images and of windows in them."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray

from images.colour import Image, to_rgb
from methods.detectors.zero_shot.clip_source import Source
from methods.errors import DetectorError

BATCH = 64
"""Windows that go through the network at once."""

Embeddings = NDArray[np.float32]
"""Unit vectors (n, d)."""


class Clip:
    """A CLIP model with a vision transformer.

    A window is embedded by the transformer that sees the tokens of its patches alone, with their
    position embeddings, and the class token (Jeong et al. 2023, section 4.2).
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._vision = model.visual
        needed = ("_embeds", "transformer", "_pool", "proj", "grid_size")
        if not all(hasattr(self._vision, name) for name in needed):
            raise DetectorError(
                f"clip needs a CLIP with a vision transformer; {type(self._vision).__name__} is "
                "none."
            )
        rows, columns = self._vision.grid_size
        if rows != columns:
            raise DetectorError(f"clip needs square images; this model takes {rows} x {columns}.")
        self.side = int(rows)
        """Patches along each side of the image that the model sees."""

    def temperature(self) -> float:
        """By which cosines are divided before the softmax, as the model was trained."""
        return float(1 / self._model.logit_scale.detach().exp())

    def texts(self, texts: Sequence[str]) -> Embeddings:
        """The embedding of each text."""
        with torch.inference_mode():
            return _unit(self._model.encode_text(self._tokenizer(list(texts))))

    def seen(self, image: Image) -> Image:
        """An image as the model sees it: in colour, resized to a square, values from 0 to 1."""
        pixels = torch.from_numpy(np.ascontiguousarray(to_rgb(image))).permute(2, 0, 1)[None]
        height, width = self._vision.image_size
        with torch.inference_mode():
            resized = torch.nn.functional.interpolate(
                pixels, (height, width), mode="bicubic", antialias=True, align_corners=False
            )
        return resized[0].permute(1, 2, 0).clamp(0, 1).numpy()

    def whole(self, image: Image) -> Embeddings:
        """The embedding (1, d) of an image."""
        with torch.inference_mode():
            return self._embedded(self._tokens(image))

    def windows(
        self, image: Image, members: NDArray[np.int64], tell: Callable[[float], None]
    ) -> Embeddings:
        """The embedding of each window of patches (n, k); `tell` is told what share is done."""
        with torch.inference_mode():
            tokens = self._tokens(image)[0]
            places = torch.from_numpy(np.pad(members + 1, ((0, 0), (1, 0))))
            parts = []
            for start in range(0, len(places), BATCH):
                parts.append(self._embedded(tokens[places[start : start + BATCH]]))
                tell(min(1.0, (start + BATCH) / len(places)))
        return np.concatenate(parts)

    def _tokens(self, image: Image) -> torch.Tensor:
        """The class token and those of all patches (1, 1 + side * side, width), with positions."""
        about = self._vision.preprocess_cfg
        mean, std = (torch.tensor(about[name]).view(1, 3, 1, 1) for name in ("mean", "std"))
        pixels = torch.from_numpy(self.seen(image)).permute(2, 0, 1)[None]
        return self._vision._embeds((pixels - mean) / std)

    def _embedded(self, tokens: torch.Tensor) -> Embeddings:
        pooled, _ = self._vision._pool(self._vision.transformer(tokens))
        return _unit(pooled if self._vision.proj is None else pooled @ self._vision.proj)


def _unit(vectors: torch.Tensor) -> Embeddings:
    return torch.nn.functional.normalize(vectors.float(), dim=-1).numpy()


@lru_cache(maxsize=1)
def clip(source: Source) -> Clip:
    """The model of a source; raises `DetectorError` when it cannot be made of its file."""
    try:
        model = open_clip.create_model(source.model, pretrained=str(source.file))
        return Clip(model, open_clip.get_tokenizer(source.model))
    except DetectorError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise DetectorError(
            f"OpenCLIP cannot make {source.model} of {source.file}: {reason.rstrip('.')}."
        ) from error
