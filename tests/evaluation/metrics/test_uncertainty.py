import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from evaluation.metrics.curves import auroc, rank
from evaluation.metrics.metrics import Protocol, Rankings, metrics_of
from evaluation.metrics.regions import aupro, rank_pixels
from evaluation.metrics.truth import Truth
from evaluation.metrics.uncertainty import draw, resample, tally_images, tally_pixels

F = np.float32
LABELS = [True, True, False, True, False, False, None]


def scene(seed=0, separation=1.0):
    """Seven images of 30 x 20 with blobs of 4 x 5 pixels on the defective ones."""
    rng = np.random.default_rng(seed)
    maps, truths = [], []
    for at, label in enumerate(LABELS):
        mask = np.zeros((30, 20), dtype=bool)
        if label:
            mask[at : at + 4, 3:8] = mask[20:22, 10:13] = True
        maps.append((rng.normal(0, 1, mask.shape) + separation * mask).astype(F))
        truths.append(Truth(str(at), None if label is None else mask, label))
    return maps, truths


def test_draws_keep_the_number_of_defective_and_normal_images():
    draws = draw(LABELS, 50)
    assert (draws[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert (draws[:, [2, 4, 5]].sum(axis=1) == 3).all()
    assert (draws[:, 6] == 1).all()
    assert (draws == draw(LABELS, 50)).all()


def test_rankings_of_draws_agree_with_copies_of_the_images():
    maps, truths = scene()
    tally = tally_pixels(maps, truths, rank_pixels(maps, truths))
    draws = draw(LABELS, 5)
    for row, ranking in zip(draws, tally.rankings(draws), strict=True):
        copies = [at for at, count in enumerate(row) for _ in range(int(count))]
        exact = rank_pixels([maps[at] for at in copies], [truths[at] for at in copies])
        assert ranking.positives == exact.positives
        assert ranking.negatives == exact.negatives
        assert auroc(ranking) == pytest.approx(auroc(exact), abs=1e-3)
        assert aupro(ranking, 0.3) == pytest.approx(aupro(exact, 0.3), abs=5e-3)


def test_image_draws_are_exact():
    scores = np.array([3, 1, 2, 5, 0, 3, 9], dtype=F)
    draws = draw(LABELS, 20)
    known = [label is not None for label in LABELS]
    for row, ranking in zip(draws, tally_images(scores, LABELS).rankings(draws), strict=True):
        weights = row[known]
        truth = np.array([label is True for label in LABELS])[known]
        assert auroc(ranking) == pytest.approx(
            roc_auc_score(truth, scores[known], sample_weight=weights), abs=1e-12
        )


def resampled(maps, truths, scores):
    pixel = rank_pixels(maps, truths)
    known = np.array([label is not None for label in LABELS])
    image = rank(scores[known], np.array([label is True for label in LABELS])[known])
    protocol = Protocol()
    return resample(
        tally_pixels(maps, truths, pixel),
        tally_images(scores, LABELS),
        LABELS,
        metrics_of(Rankings(pixel, image), protocol),
        protocol,
    )


def test_the_interval_holds_the_figure_and_counts_the_images():
    maps, truths = scene()
    scores = np.array([one.max() for one in maps], dtype=F)
    drawn = resampled(maps, truths, scores)
    labels = np.concatenate([truth.mask.ravel() for truth in truths[:6]])
    pooled = np.concatenate([one.ravel() for one in maps[:6]])
    interval = drawn.interval("pixel_auroc")
    assert interval.low < roc_auc_score(labels, pooled) < interval.high
    assert interval.images == 6
    precision = drawn.interval("pixel_average_precision")
    assert precision.low < average_precision_score(labels, pooled) < precision.high
    assert drawn.interval("image_auroc").images == 6


def test_the_spread_is_that_of_a_plain_bootstrap():
    maps, truths = scene(seed=1)
    scores = np.array([one.max() for one in maps], dtype=F)
    drawn = resampled(maps, truths, scores).values["pixel_auroc"]
    rng = np.random.default_rng(9)
    plain = []
    for _ in range(300):
        copies = [*rng.choice([0, 1, 3], 3), *rng.choice([2, 4, 5], 3)]
        plain.append(auroc(rank_pixels([maps[i] for i in copies], [truths[i] for i in copies])))
    assert np.std(drawn) == pytest.approx(np.std(plain), rel=0.15)


def test_the_lead_is_paired():
    """A method that is better by the same on every image leads surely, though both vary more."""
    maps, truths = scene()
    better = [
        one + F(0.3) * truth.mask if truth.mask is not None else one
        for one, truth in zip(maps, truths, strict=True)
    ]
    scores = np.array([one.max() for one in maps], dtype=F)
    first, second = resampled(better, truths, scores), resampled(maps, truths, scores)
    lead = first.lead(second, "pixel_auroc")
    own = second.interval("pixel_auroc")
    assert lead.low > 0
    assert lead.high - lead.low < own.high - own.low
    assert first.lead(first, "aupro").low == first.lead(first, "aupro").high == 0


def test_figures_without_a_value_have_no_interval():
    maps, truths = scene()
    truths = [Truth(truth.name, None, truth.defective) for truth in truths]
    scores = np.array([one.max() for one in maps], dtype=F)
    drawn = resampled(maps, truths, scores)
    assert drawn.interval("pixel_auroc") is None
    assert drawn.lead(drawn, "pixel_auroc") is None
    assert drawn.interval("image_auroc") is not None
