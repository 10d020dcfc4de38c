"""The network: sizes, standardisation, and how far a pixel sees."""

import pytest
import torch

from methods.detectors.restoration.networks.network import ConvolutionalAutoencoder


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(skips: bool = False, depth: int = 3) -> ConvolutionalAutoencoder:
    return ConvolutionalAutoencoder(1, 4, depth, 3, skips, generator=seeded()).eval()


@pytest.mark.parametrize("skips", [False, True])
def test_code_is_narrow_and_image_has_its_size(skips: bool) -> None:
    images = torch.rand(2, 1, 32, 48)
    assert network(skips).encode(images).shape == (2, 3, 4, 6)
    assert network(skips)(images).shape == images.shape


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("skips", [False, True])
@torch.no_grad()
def test_nothing_beyond_the_reach_changes_a_pixel(skips: bool, depth: int) -> None:
    net = network(skips, depth)
    stride, reach = net.stride, net.reach
    generator = torch.Generator().manual_seed(1)
    image = torch.rand((1, 1, 3 * reach, 3 * reach), generator=generator)
    whole = net(image)
    kept = slice(reach, reach + stride)
    changed = torch.rand(image.shape, generator=generator)
    seen = slice(0, 2 * reach + stride)
    changed[..., seen, seen] = image[..., seen, seen]
    torch.testing.assert_close(net(changed)[..., kept, kept], whole[..., kept, kept])


def test_standardising_takes_mean_and_deviation_of_each_channel() -> None:
    net = ConvolutionalAutoencoder(3, 4, 2, 3, generator=seeded())
    pool = torch.rand(5, 3, 16, 16) * torch.tensor([1.0, 2.0, 0.0]).view(1, 3, 1, 1)
    net.standardise(pool)
    torch.testing.assert_close(net.mean.flatten(), pool.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(net.deviation.flatten()[:2], pool.std(dim=(0, 2, 3))[:2])
    assert net.deviation.flatten()[2].item() == pytest.approx(1e-3)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_code_of_the_middles_looks_at_the_middles(depth: int) -> None:
    net = network(depth=depth)
    with torch.no_grad():
        for weights in net.parameters():
            weights.abs_()  # so that every pixel a cell sees counts with one sign
            if weights.ndim == 4:
                weights.fill_(1.0)
    side = 12 * net.stride
    image = torch.rand((1, 1, side, side), requires_grad=True)
    (seen,) = torch.autograd.grad(net.encode_middles(image)[0, :, 5, 6].sum(), image)
    weight = seen[0, 0] / seen.sum()
    pixels = torch.arange(side, dtype=weight.dtype)
    found = [float(weight.sum(dim=1) @ pixels), float(weight.sum(dim=0) @ pixels)]
    middles = [net.stride * cell + (net.stride - 1) / 2 for cell in (5, 6)]
    assert found == pytest.approx(middles, abs=0.51)
