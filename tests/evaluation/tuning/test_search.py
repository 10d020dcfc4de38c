"""The course of a search, with a judge that knows the value of every setting without an image."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.comparison.comparison import Variant
from evaluation.comparison.tuned import Estimate
from evaluation.metrics.uncertainty import Interval, Resampled
from evaluation.tuning.result import Budget, MethodTuning
from evaluation.tuning.search import MethodSearch
from evaluation.tuning.trials import Trials
from evaluation.tuning.validation import TuningError, Validation
from methods.detector import DetectorError
from methods.progress import Cancelled, Progress, no_progress

VARIANT = Variant("pca-residual", {"features": "raw patches", "window": 5, "stride": 2})
"""Of its parameters, standardise, variance and smoothing are left to be searched."""
VALIDATION = Validation((), (), (), "nothing at all")


@dataclass
class Judge:
    """Judges a setting by a function of its parameters; `noise` is that of the judgement."""

    worth: Callable[[Any], float]
    noise: float = 0.001
    metric: str = "pixel_auroc"
    fits: list[Any] = field(default_factory=list)

    def fitted(self, variant: Variant, progress: Progress = no_progress) -> Any:
        self.fits.append(variant.checked())
        progress(1.0)
        return variant.checked()

    def value(
        self,
        params: Any,
        pictures: object,
        progress: Progress = no_progress,
        on_part: Callable[[int, float], None] = lambda part, value: None,
    ) -> float:
        value = self.worth(params)
        for part in (1, 2):
            on_part(part, value)
        return value

    def estimated(
        self, params: Any, pictures: object, progress: Progress = no_progress
    ) -> tuple[Estimate, Resampled]:
        value = self.worth(params)
        wobble = np.random.default_rng(params.smoothing > 4.5).normal(0, self.noise, 1000)
        draws = Resampled({self.metric: value + wobble}, {self.metric: 10}, {})
        return Estimate(value, draws.interval(self.metric)), draws


def smooth(params: Any) -> float:
    """0.9 at the default of 4, 0.01 more for every pixel above."""
    return 0.86 + 0.01 * params.smoothing


def search(folder: Path, judge: Judge, trials: int = 8, **more: Any) -> MethodSearch:
    return MethodSearch(VARIANT, VALIDATION, judge, Budget(trials, 10), folder, **more)  # type: ignore[arg-type]


def test_the_default_is_the_first_trial_and_the_best_is_taken(tmp_path: Path) -> None:
    judge = Judge(smooth)
    found = search(tmp_path, judge).run()
    assert len(found.trials) == 8
    assert found.trials[0].settings == {"standardise": "True", "variance": 0.95, "smoothing": 4.0}
    assert found.trials[0].value == pytest.approx(0.9)
    assert found.best is not None
    assert found.best.settings["smoothing"] == max(
        trial.settings["smoothing"] for trial in found.trials
    )
    assert found.tuned is not None
    assert found.tuned.changed
    assert (found.tuned.trials, found.tuned.judged_on) == (8, "nothing at all")
    result = found.result()
    assert result.label == "pca-residual@tuned"
    again = replace(found, variant=result).result()
    assert again.label == "pca-residual@tuned-2"
    assert replace(found, variant=again).result().label == "pca-residual@tuned-3"
    assert smooth(result.checked()) == found.tuned.tuned.value > found.tuned.default.value
    assert max(found.importances, key=found.importances.__getitem__) == "smoothing"
    assert sum(found.importances.values()) == pytest.approx(1)


def test_a_lead_within_its_noise_leaves_the_default(tmp_path: Path) -> None:
    """At most 0.06 may be won, and the difference of two settings varies by 0.28."""
    found = search(tmp_path, Judge(smooth, noise=0.2)).run()
    assert found.best is not found.default
    assert found.tuned is not None
    assert found.tuned.lead is not None
    assert found.tuned.lead.low < 0 < found.tuned.lead.high
    assert not found.tuned.changed
    assert found.result().checked() == VARIANT.checked()


def test_where_nothing_is_better_nothing_else_is_judged(tmp_path: Path) -> None:
    judge = Judge(lambda params: 0.9 - abs(params.smoothing - 4))
    found = search(tmp_path, judge).run()
    assert found.tuned is not None
    assert (found.tuned.lead, found.tuned.changed) == (None, False)
    assert found.tuned.tuned == found.tuned.default
    assert judge.fits[-1] == VARIANT.checked()


def plain(found: MethodTuning) -> list[tuple[Any, Any]]:
    return [(dict(trial.settings), trial.value) for trial in found.trials]


def test_a_search_that_was_stopped_goes_on_to_the_same_trials(tmp_path: Path) -> None:
    """Stopped inside its seventh trial; the first six are not fitted again."""
    whole = search(tmp_path / "whole", Judge(smooth), 9).run()
    judge = Judge(smooth)

    def stop(event: Any) -> None:
        if len(event.found.trials) == 6:
            raise Cancelled

    with pytest.raises(Cancelled):
        search(tmp_path / "stopped", judge, 9, on_event=stop).run()
    first = len(judge.fits)
    resumed = search(tmp_path / "stopped", judge, 9).run()
    assert plain(resumed) == plain(whole)
    assert len(judge.fits) - first <= 3 + 2
    other_seed = search(tmp_path / "other", Judge(smooth), 9, seed=1).run()
    assert plain(other_seed)[1:] != plain(whole)[1:]


def test_a_trial_of_a_killed_process_is_as_if_it_had_never_begun(tmp_path: Path) -> None:
    trials = Trials(tmp_path, "a", "same", 0)
    trials.begin({"smoothing": 4.0})
    again = Trials(tmp_path, "a", "same", 0)
    assert again.found() == ()
    again.begin({"smoothing": 4.0})
    again.end("complete", 2.5, 0.7)
    assert [(one.number, one.value) for one in Trials(tmp_path, "a", "same", 0).found()] == [
        (0, 0.7)
    ]
    with pytest.raises(TuningError, match="search of a with other images"):
        Trials(tmp_path, "a", "other", 0)


def test_a_setting_that_fails_is_a_trial_with_a_reason(tmp_path: Path) -> None:
    def worth(params: Any) -> float:
        if params.smoothing > 5:
            raise DetectorError("It is too smooth.")
        return smooth(params)

    found = search(tmp_path, Judge(worth)).run()
    failed = [trial for trial in found.trials if trial.state == "failed"]
    assert failed
    assert {(trial.value, trial.reason) for trial in failed} == {(None, "It is too smooth.")}


def test_a_default_that_fails_ends_the_search(tmp_path: Path) -> None:
    def worth(params: Any) -> float:
        raise DetectorError("Nothing works.")

    found = search(tmp_path, Judge(worth)).run()
    assert (found.failure, found.tuned, len(found.trials)) == ("Nothing works.", None, 1)


def test_when_time_is_over_the_default_alone_remains(tmp_path: Path) -> None:
    told = replace(search(tmp_path, Judge(smooth)), budget=Budget(50, 1e-9))
    found = told.run()
    assert len(found.trials) == 1
    assert found.tuned is not None
    assert not found.tuned.changed


def test_hopeless_trials_are_stopped_early(tmp_path: Path) -> None:
    """Below the median of the trials before; the value is that of the part that was looked at."""
    trials = search(tmp_path, Judge(smooth), 12).run().trials
    pruned = [trial for trial in trials if trial.state == "pruned"]
    assert pruned
    for one in pruned:
        before = [t.value for t in trials[: one.number] if t.state == "complete"]
        assert len(before) >= 5
        assert one.value is not None
        assert one.value < np.median([value for value in before if value is not None])


def test_intervals_are_told_with_three_decimals() -> None:
    assert Estimate(0.9341, Interval(0.92, 0.9474, 12)).words() == "0.934 (0.920 to 0.947)"
    assert Estimate(0.9341).words() == "0.934"
