"""The residual maps against scikit-image, SciPy and cases worked by hand."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, prewitt
from skimage.metrics import structural_similarity

from methods.detectors.restoration.networks import residuals


def pair(channels: int = 1, height: int = 40, width: int = 52) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand((2, channels, height, width), generator=generator)
    noise = torch.rand((2, channels, height, width), generator=generator)
    return image, 0.7 * image + 0.2 * noise


def reference_ssim(image: np.ndarray, restored: np.ndarray) -> np.ndarray:
    _, found = structural_similarity(
        image,
        restored,
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    return np.asarray(found)


def test_squared_error_is_the_mean_over_the_channels() -> None:
    image = torch.tensor([0.5, 0.5, 0.5]).view(1, 3, 1, 1)
    restored = torch.tensor([0.5, 0.2, 0.9]).view(1, 3, 1, 1)
    # (0 + 0.09 + 0.16) / 3
    assert residuals.squared_error(image, restored).item() == pytest.approx(0.25 / 3)


def test_structural_dissimilarity_equals_scikit_image_away_from_the_border() -> None:
    image, restored = pair()
    found = 1 - residuals.structural_dissimilarity(image, restored)
    inner = (slice(5, -5), slice(5, -5))
    for index in range(2):
        expected = reference_ssim(image[index, 0].numpy(), restored[index, 0].numpy())
        np.testing.assert_allclose(found[index, 0][inner].numpy(), expected[inner], atol=1e-4)


def test_structural_dissimilarity_of_colour_is_the_mean_over_the_channels() -> None:
    image, restored = pair(channels=3)
    alone = [
        residuals.structural_dissimilarity(image[:, at : at + 1], restored[:, at : at + 1])
        for at in range(3)
    ]
    found = residuals.structural_dissimilarity(image, restored)
    torch.testing.assert_close(found, torch.stack(alone).mean(dim=0))


def test_structural_dissimilarity_of_two_flat_images_is_their_luminance_term() -> None:
    image, restored = torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), 0.25)
    # Without variance the structure term is C2 / C2 = 1 and the rest is
    # (2 * 0.5 * 0.25 + 0.0001) / (0.25 + 0.0625 + 0.0001).
    expected = 1 - 0.2501 / 0.3126
    found = residuals.structural_dissimilarity(image, restored)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-3)


def test_the_window_mirrors_at_the_border() -> None:
    image, _ = pair()
    found = residuals.window_mean(image)
    for index in range(2):
        expected = gaussian_filter(image[index, 0].numpy(), 1.5, mode="mirror", radius=5)
        np.testing.assert_allclose(found[index, 0].numpy(), expected, atol=1e-6)


def test_multiscale_dissimilarity_is_the_mean_of_three_resolutions() -> None:
    # Images that are constant in blocks of four keep their values when they are reduced.
    image, restored = (each.repeat_interleave(4, 2).repeat_interleave(4, 3) for each in pair())
    found = residuals.multiscale_dissimilarity(image, restored)
    scales = [image[:, :, ::step, ::step] for step in (1, 2, 4)]
    copies = [restored[:, :, ::step, ::step] for step in (1, 2, 4)]
    maps = [
        torch.nn.functional.interpolate(
            residuals.structural_dissimilarity(*each), image.shape[2:], mode="bilinear"
        )
        for each in zip(scales, copies, strict=True)
    ]
    torch.testing.assert_close(found, sum(maps) / 3, atol=1e-5, rtol=0)


def test_gradient_dissimilarity_uses_prewitt_magnitudes() -> None:
    image, restored = pair()

    def squared_magnitude(picture: np.ndarray) -> np.ndarray:
        gradients = [prewitt(picture, axis, mode="mirror") / 3 for axis in (0, 1)]
        return np.square(gradients[0]) + np.square(gradients[1])

    found = residuals.gradient_dissimilarity(image, restored)
    for index in range(2):
        first = squared_magnitude(image[index, 0].numpy().astype(np.float64))
        second = squared_magnitude(restored[index, 0].numpy().astype(np.float64))
        similarity = (2 * np.sqrt(first * second) + 0.0026) / (first + second + 0.0026)
        np.testing.assert_allclose(found[index, 0].numpy(), 1 - similarity, atol=5e-4)


def test_mixed_loss_weighs_the_standardised_error_and_the_dissimilarity() -> None:
    image, restored = pair()
    deviation = torch.full((1, 1, 1, 1), 0.5)
    found = residuals.residual("l2+ssim", 3.0, deviation)(image, restored)
    expected = residuals.squared_error(
        image, restored
    ) / 0.25 + 3.0 * residuals.structural_dissimilarity(image, restored)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("loss", ["l2", "ssim", "l2+ssim", "ms-ssim"])
def test_every_residual_of_an_image_with_itself_is_zero(loss: residuals.LossName) -> None:
    image, _ = pair(channels=3)
    found = residuals.residual(loss, 1.0, torch.ones(1, 3, 1, 1))(image, image)
    assert found.shape == (2, 1, 40, 52)
    np.testing.assert_allclose(found.numpy(), 0, atol=1e-5)


def test_a_window_first_used_while_scoring_serves_in_training() -> None:
    with torch.inference_mode():
        residuals.window_mean(torch.ones(1, 1, 37, 37))
    image = torch.ones((1, 1, 37, 37), requires_grad=True)
    residuals.window_mean(image).sum().backward()
    assert image.grad is not None
