"""Speed of the pretrained network: `python -m benchmarks.backbones`.

EfficientNet-Lite0 up to stage 6 runs in ONNX Runtime, as the features use it, and in PyTorch
(batch normalisation folded in, channels last), in turns on the same images. On a machine with other
work the seconds of wall time say little; the time that one thread computes is printed beside them.
Then mean-feature learns from few and from many images, to show that its memory does not grow with
their number. Ends with one line of JSON.
"""

import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from evaluation.comparison.costs import peak_memory
from images.colour import Image
from images.on_demand import OnDemand
from methods.detectors.patch_models.mean_feature import MeanFeature
from methods.features.backbones.lite import graph, pretrained, stage_ends

NAME = "efficientnet-lite0"
STAGES = (4, 6)
SIDES = (224, 512)
ROUNDS = 15
FEW, MANY = 20, 500
"""Images of 512 x 512 pixels to learn from."""

Run = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]


class TorchStages(nn.Module):
    """The stages in PyTorch, with batch normalisation folded into the convolutions."""

    def __init__(self, network: Any, stages: tuple[int, ...]) -> None:
        super().__init__()
        ends = stage_ends(network)
        self.outputs = {ends[stage - 1] for stage in stages}
        self.stem = fuse_conv_bn_eval(network._conv_stem, network._bn0)
        self.blocks = network._blocks[: max(self.outputs)]
        for block in self.blocks:
            if block._block_args.expand_ratio != 1:
                block._expand_conv = fuse_conv_bn_eval(block._expand_conv, block._bn0)
            block._depthwise_conv = fuse_conv_bn_eval(block._depthwise_conv, block._bn1)
            block._project_conv = fuse_conv_bn_eval(block._project_conv, block._bn2)
            block._bn0 = block._bn1 = block._bn2 = nn.Identity()

    def forward(self, images: Tensor) -> list[Tensor]:
        x = nn.functional.relu6(self.stem(images))
        activations = []
        for count, block in enumerate(self.blocks, start=1):
            x = block(x)
            if count in self.outputs:
                activations.append(x)
        return activations


def published(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The stages of the network as its authors published it, nothing folded."""
    network = pretrained(NAME)
    ends = stage_ends(network)
    with torch.inference_mode():
        x = network._swish(network._bn0(network._conv_stem(torch.from_numpy(images))))
        reached = [x]
        for block in network._blocks:
            reached.append(block(reached[-1]))
    return [reached[ends[stage - 1]].numpy() for stage in STAGES]


def in_torch() -> Run:
    network = TorchStages(pretrained(NAME), STAGES).eval()
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(images: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        pixels = torch.from_numpy(images).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            return [part.numpy() for part in network(pixels)]

    return run


def in_onnx_runtime(threads: int) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = graph(pretrained(NAME), STAGES).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"images": images})


def in_turns(
    runs: dict[str, Run], images: NDArray[np.float32], clock: Callable[[], float]
) -> dict[str, float]:
    """Median seconds of each, the runs taken in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            begin = clock()
            run(images)
            seconds[name].append(clock() - begin)
    return {name: median(times[2:]) for name, times in seconds.items()}


def scoring() -> float:
    """Median seconds in which a warm mean-feature detector scores an image of 512 x 512."""
    images = [noise(seed) for seed in range(2)]
    detector = MeanFeature().fit(images)
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        detector.score_map(images[0])
        seconds.append(time.perf_counter() - begin)
    return median(seconds)


def noise(seed: int) -> Image:
    """An image of 512 x 512 pixels, made when it is asked for."""
    return np.random.default_rng(seed).random((512, 512), dtype=np.float32)


def memory_to_learn(count: int) -> float:
    """How far memory rises, in MB, while a mean-feature detector learns from so many images."""
    with peak_memory() as memory:
        MeanFeature().fit(OnDemand(count, noise))
    return memory.rise_mb


def main() -> None:
    threads = torch.get_num_threads()
    rng = np.random.default_rng(0)
    result: dict[str, Any] = {"network": NAME, "stages": STAGES, "threads": threads}
    runtime = in_onnx_runtime(threads)
    images = rng.standard_normal((1, 3, 224, 224), dtype=np.float32)
    result["largest_difference"] = max(
        float(np.abs(mine - theirs).max())
        for mine, theirs in zip(runtime(images), published(images), strict=True)
    )
    print(f"Largest difference of the features: {result['largest_difference']:.1e}")
    result["score_512_seconds"] = scoring()
    print(f"mean-feature scores 512 x 512 in {result['score_512_seconds'] * 1e3:.0f} ms")
    walls = {"ONNX Runtime": runtime, "PyTorch": in_torch()}
    for side in SIDES:
        images = rng.standard_normal((1, 3, side, side), dtype=np.float32)
        result[f"wall_{side}"] = in_turns(walls, images, time.perf_counter)
    torch.set_num_threads(1)
    single = {"ONNX Runtime": in_onnx_runtime(1), "PyTorch": walls["PyTorch"]}
    for side in SIDES:
        images = rng.standard_normal((1, 3, side, side), dtype=np.float32)
        result[f"thread_{side}"] = in_turns(single, images, time.thread_time)
    for kind, what in (("wall", f"wall time, {threads} threads"), ("thread", "one thread")):
        for side in SIDES:
            times = result[f"{kind}_{side}"]
            ratio = times["PyTorch"] / times["ONNX Runtime"]
            print(
                f"{side} x {side}, {what}: ONNX Runtime {times['ONNX Runtime'] * 1e3:.1f} ms, "
                f"PyTorch {times['PyTorch'] * 1e3:.1f} ms, ratio {ratio:.2f}"
            )
    for count in (FEW, MANY):
        result[f"learn_{count}_mb"] = memory_to_learn(count)
        rise = result[f"learn_{count}_mb"]
        print(f"Learning from {count} images raises the memory of a warm process by {rise:.1f} MB")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
