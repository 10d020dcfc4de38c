"""Any model of timm as a backbone; timm is optional.

``timm:NAME`` takes the weights that timm downloads once, ``timm:NAME@FILE`` those in a local file.
"""

import importlib
import os
import socket
import threading
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from methods.detector import DetectorError
from methods.features.backbones import TIMM, Backbone, Network, Stage

HOST = "huggingface.co"
PATIENCE = 3.0
"""Seconds to wait for an answer from `HOST`."""


def describe(name: str) -> Backbone:
    """The backbone ``timm:NAME`` or ``timm:NAME@FILE``, with what timm says about it."""
    model, _, file = name.removeprefix(TIMM).partition("@")
    features = _create(model, pretrained=False)
    about = features.pretrained_cfg
    strides = features.feature_info.reduction()

    def build(stages: tuple[int, ...]) -> Network:
        chosen = tuple(number - 1 for number in stages)
        if file:
            if not os.path.isfile(file):
                raise DetectorError(f"There is no file {file} with weights for {model}.")
            overlay = {"file": file}
            network = _create(
                model, pretrained=True, out_indices=chosen, pretrained_cfg_overlay=overlay
            )
        else:
            _check_reachable()
            network = _create(model, pretrained=True, out_indices=chosen)
        return _runner(network)

    return Backbone(
        name=name,
        title=f"{model} of timm",
        licence=about.get("license") or "see the model's card",
        input_size=about["input_size"][-1],
        mean=_three(255 * value for value in about["mean"]),
        std=_three(255 * value for value in about["std"]),
        stages=tuple(
            Stage(number, channels, stride, centre)
            for number, (channels, stride, centre) in enumerate(
                zip(
                    features.feature_info.channels(),
                    strides,
                    _centres(features, strides),
                    strict=True,
                ),
                start=1,
            )
        ),
        packages=("timm",),
        build=build,
    )


def _create(model: str, **options: Any) -> Any:
    """A model of timm that gives the activations of its stages."""
    try:
        timm = importlib.import_module("timm")
    except ImportError as error:
        raise DetectorError(
            f"The network {TIMM}{model} needs the package timm (pip install timm), which cannot "
            f"be imported: {error}."
        ) from None
    try:
        return timm.create_model(model, features_only=True, **options).eval()
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise DetectorError(f"timm cannot provide {model}: {reason}") from error


def _runner(model: Any) -> Network:
    def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            return [part.numpy() for part in model(torch.from_numpy(images))]

    return run


def _centres(model: Any, strides: list[int]) -> list[float]:
    """Where the first cell of every stage looks: the first pixel of its square, middle or last.

    Padding decides which, for all stages alike. It is seen at the last of them, from where a cell
    in the middle of noise gets its gradient.
    """
    side = 16 * max(strides)
    noise = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    noise.requires_grad_(True)
    activations = model(noise)[-1]
    cell = activations.shape[2] // 2
    (gradient,) = torch.autograd.grad(activations[0, :, cell, cell].square().sum(), noise)
    mass = gradient.square().sum(dim=(0, 1, 3))
    seen = float((mass * torch.arange(side)).sum() / mass.sum()) - cell * strides[-1]
    share = min((0.0, 0.5, 1.0), key=lambda at: abs(at * (strides[-1] - 1) - seen))
    return [share * (stride - 1) for stride in strides]


def _check_reachable() -> None:
    """Raise `DetectorError` at once where timm would try for a minute to reach its host."""
    answered = threading.Event()

    def call() -> None:
        try:
            socket.create_connection((HOST, 443), timeout=PATIENCE).close()
        except OSError:
            return
        answered.set()

    # Looking up a name can block for longer than any socket's time limit.
    threading.Thread(target=call, daemon=True).start()
    if not answered.wait(PATIENCE):
        raise DetectorError(
            f"{HOST} does not answer, so the weights cannot be downloaded; give a local file as "
            f"{TIMM}NAME@FILE."
        )


def _three(values: Any) -> tuple[float, float, float]:
    first, second, third = values
    return float(first), float(second), float(third)
