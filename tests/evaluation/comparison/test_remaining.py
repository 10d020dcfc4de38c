"""The time that is left: runs are replayed with a clock of their own."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from evaluation.comparison.comparison import Event
from evaluation.comparison.expected import Forecast
from evaluation.comparison.outlook import Outlook
from evaluation.comparison.remaining import Expected, Folds, Part, Remaining

STEPS = 50
"""Reports of progress in each part."""


@dataclass
class Clock:
    """A clock that is set."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Course:
    """How a method really goes: seconds of its parts, each at an even pace."""

    load: float
    fit: float
    folds: float
    held_out: float
    score: float

    @property
    def total(self) -> float:
        return self.load + self.fit + self.folds + self.held_out + self.score

    def parts(self) -> Sequence[tuple[Part, float]]:
        """The order in which they come, where folds are fitted before any image is scored."""
        return (
            ("load", self.load),
            ("fit", self.fit),
            ("folds", self.folds),
            ("held out", self.held_out),
            ("score", self.score),
        )

    def run(self, expected: Expected) -> Iterator[tuple[float, Remaining]]:
        """The true share that is over and the estimator, after each report."""
        clock = Clock()
        remaining = Remaining(expected, clock)
        for part, seconds in self.parts():
            for step in range(1, STEPS + 1):
                clock.now += seconds / STEPS
                remaining.tell(part, step / STEPS)
                if part == "fit" and step == STEPS:
                    remaining.fitted(self.fit)
                yield remaining.spent / self.total, remaining


def expected(fit: float, image: float, *, measured: bool = False) -> Expected:
    """Of 12 normal images, without features, 20 held-out maps and 60 test images.

    Two fits of folds, each on half of the images, take as long as one on all.
    """
    return Expected(1.0, fit, fit, image, 20, 60, Folds(2), measured=measured)


def worst(course: Course, given: Expected, begin: float = 0.2) -> float:
    """The largest error of the whole time, as a share of it, from a share of the run on."""
    return max(
        abs(remaining.spent + remaining.left - course.total) / course.total
        for share, remaining in course.run(given)
        if share >= begin
    )


def test_what_was_measured_here_before_is_right_from_the_first_second() -> None:
    """Parts take what was expected: 1 + 10 + 10 + 10 + 30 s, and after 1 s 60 s are left."""
    course = Course(1, 10, 10, 10, 30)
    given = expected(10, 0.5, measured=True)
    assert given.total == pytest.approx(61)
    assert worst(course, given, begin=0.0) < 0.01
    _, loaded = next(islice(course.run(given), STEPS - 1, None))
    assert loaded.left == pytest.approx(60)
    assert loaded.fraction == pytest.approx(1 / 61)


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_at_an_even_pace_a_wrong_expectation_is_soon_corrected(factor: float) -> None:
    """Everything takes a multiple of what was expected on a machine that nobody measured."""
    course = Course(1, 10 * factor, 10 * factor, 10 * factor, 30 * factor)
    assert worst(course, expected(10, 0.5)) < 0.2


def test_a_slow_fit_and_quick_scoring() -> None:
    """The fit takes twice what was expected, images a third: 40 + 40 s, then 4 s and 12 s.

    The pace of the fit says 400 s for the images at first; held-out images set that right.
    """
    course = Course(1, 40, 40, 4, 12)
    assert worst(course, expected(20, 0.6), begin=0.9) < 0.05
    assert worst(course, expected(40, 0.2)) < 0.02


def test_folds_follow_from_the_fit() -> None:
    """Two folds, each on half: 2 s together where a fit takes 2 s; five on four fifths, of fits of
    1 s: 4 s. With parts held out features are computed again: 2 x 3 s. What takes as long on any
    number of images is not halved."""
    assert Folds(2).seconds(3.0, 2.0) == pytest.approx(2.0)
    assert Folds(5).seconds(3.0, 1.0) == pytest.approx(4.0)
    assert Folds(2, at_once=2).seconds(3.0, 2.0) == pytest.approx(1.0)
    assert Folds(2, by_parts=True).seconds(3.0, 2.0) == pytest.approx(6.0)
    assert Folds(0).seconds(3.0, 2.0) == 0.0
    assert Folds(2, fixed=1.0).seconds(3.0, 2.0) == pytest.approx(4.0)
    assert Folds(2, fixed=0.5).seconds(3.0, 2.0) == pytest.approx(3.0)


def test_the_share_that_is_done_never_falls_and_stays_below_one() -> None:
    shares = [remaining.fraction for _, remaining in Course(3, 40, 40, 4, 12).run(expected(5, 0.1))]
    assert shares == sorted(shares)
    assert shares[-1] < 1


def test_a_first_report_that_jumps_tells_of_no_pace() -> None:
    """A tenth is told at once, and then each second another hundredth: 90 s are left, not 0 s."""
    clock = Clock()
    remaining = Remaining(expected(50, 0.0), clock)
    remaining.tell("fit", 0.1)
    for second in range(1, 11):
        clock.now = 100.0 + second
        remaining.tell("fit", 0.1 + second / 100)
    folds = 40 * 90 / 50
    assert remaining.left == pytest.approx(80 + folds, rel=0.2)


def test_three_methods_of_different_cost_are_known_to_a_fifth_after_a_fifth() -> None:
    """A quick, a slow and a middling method, on a machine that takes 1.5 times as long as said."""
    said = [expected(2.5, 0.05), expected(30, 0.3), expected(8, 0.1)]
    courses = [
        Course(1.5, 3.75, 3.75, 1.5, 4.5),
        Course(1.5, 45, 45, 9, 27),
        Course(1.5, 12, 12, 3, 9),
    ]
    total = sum(course.total for course in courses)
    labels = ["quick", "slow", "middling"]
    outlook = Outlook(
        [Forecast(label, each, "reference") for label, each in zip(labels, said, strict=True)]
    )
    assert outlook.left == pytest.approx(sum(each.total for each in said))
    errors, over = [], 0.0
    for label, course, given in zip(labels, courses, said, strict=True):
        for _, one in course.run(given):
            outlook.hear(Event(label, "fit", one.fraction, one.spent, "", one.left))
            spent = over + one.spent
            if spent >= 0.2 * total:
                errors.append(abs(spent + outlook.left - total) / total)
        over += course.total
        outlook.end(label)
    assert max(errors) < 0.2
    assert outlook.left == 0


def test_methods_side_by_side_end_with_the_longest() -> None:
    """41 s and 11 s of work in two processes take 41 s; three of 41 s take 61.5 s at least."""
    long, short = expected(10, 0.25), expected(2.5, 0.0625)
    assert long.total == pytest.approx(41)
    two = [Forecast("a", long, "measured"), Forecast("b", short, "measured")]
    assert Outlook(two, at_once=2).left == pytest.approx(41)
    three = [Forecast(label, long, "measured") for label in "abc"]
    assert Outlook(three, at_once=2).left == pytest.approx(61.5)


def test_how_sure_the_time_that_is_left_is() -> None:
    """41 s, wrong by up to 2.5 times where nothing was run on a machine and by 1.75 times where
    something was, and half of the other method is left, which is sure."""
    long = expected(10, 0.25)
    outlook = Outlook([Forecast("a", long, "reference"), Forecast("b", long, "reference")])
    assert outlook.range == pytest.approx((82 / 2.5, 82 * 2.5))
    outlook.hear(Event("a", "fit", 0.5, 20.5, "", 20.5))
    assert outlook.range == pytest.approx((20.5 + 41 / 1.75, 20.5 + 41 * 1.75))
    outlook.end("b")
    assert outlook.range == pytest.approx((20.5, 20.5))


def test_a_recorded_run_is_known_to_a_fifth_after_a_fifth() -> None:
    """Sparse coding, mean feature and autoencoder on the sample brick, on two cores: 54 s, of which
    the forecast from a run before said 58 s. Of what was told, a part is kept."""
    recorded = json.loads(Path(__file__).with_name("recorded_run.json").read_text())
    forecasts = [
        Forecast(
            one["method"],
            Expected(**{**one["expected"], "folds": Folds(**one["expected"]["folds"])}),
            "measured",
        )
        for one in recorded
    ]
    outlook, over, said = Outlook(forecasts), 0.0, []
    for one, given in zip(recorded, forecasts, strict=True):
        clock = Clock(0.0)
        remaining = Remaining(given.expected, clock)
        for seconds, part, share in one["told"]:
            clock.now = seconds
            if part == "fitted":
                remaining.fitted(share)
            else:
                remaining.tell(part, share)
            event = Event(given.label, "fit", remaining.fraction, seconds, "", remaining.left)
            outlook.hear(event)
            said.append((over + seconds, outlook.left))
        over += clock.now
        outlook.end(given.label)
    late = [abs(spent + left - over) / over for spent, left in said if spent >= 0.2 * over]
    assert len(late) > 100
    assert max(late) < 0.2
