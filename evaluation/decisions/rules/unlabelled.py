"""Thresholds from the scores of the test images themselves, without labels: weaker than from normal
images, and the only ones where there are none."""

from scipy.stats import norm

from evaluation.decisions.thresholds import Evidence, ThresholdRule, register

DEVIATIONS = 3.0


@register
class SpreadOfTest(ThresholdRule):
    """The median of the test scores and `DEVIATIONS` robust standard deviations.

    The standard deviation is that of a Gaussian with the same distance from median to upper
    quartile, which defective items do not move as long as they are well below a quarter of all.
    """

    name = "test-spread"
    title = f"Median + {DEVIATIONS:g} robust standard deviations of the test scores"
    description = (
        "For test images without normal images. The standard deviation is estimated from the "
        "median and the upper quartile of all test scores, so defects must be well below a "
        "quarter of them. Weaker than a threshold set on normal images: no false positive rate is "
        "kept."
    )
    unlabelled = True
    rank = 9

    def compute(self, evidence: Evidence, rate: float) -> float:
        median = evidence.test.median()
        deviation = (evidence.test.upper_quartile() - median) / float(norm.ppf(0.75))
        return median + DEVIATIONS * deviation


@register
class ShareOfTest(ThresholdRule):
    """The quantile of the test scores."""

    name = "test-share"
    title = "Share of the test scores"
    description = (
        "For test images without normal images. The lowest threshold that at most the given "
        "proportion of all test scores reaches: the proportion of pixels, or of images, that you "
        "believe to be defective."
    )
    unlabelled = True
    uses_rate = True
    rank = 10

    def compute(self, evidence: Evidence, rate: float) -> float:
        return evidence.test.threshold_for(rate)
