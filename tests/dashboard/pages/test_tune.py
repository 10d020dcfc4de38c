"""Searching parameters on the page: the form, the job, its results, the way to a comparison."""

import pytest

from dashboard.session import tuning
from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from dashboard.session.tuning import TuningJob
from evaluation.tuning.result import Budget, MethodTuning, TrialFound
from evaluation.tuning.tuning import TuningPlan
from images.dataset import DataSet
from tests.dashboard.small import QUICK, TIMEOUT, page, quick_session, small_set, texts
from tests.evaluation.tuning.test_tuning import TUNED

RAW = {name: value for name, value in QUICK.items() if name != "smoothing"}
PLAN = TuningPlan(Budget(3, 5), kinds=("stain",))


def tune_page() -> None:
    from dashboard.pages import tune

    tune.show()


def session_of(data: DataSet) -> Session:
    session = quick_session(data)
    session.methods.chosen = [Chosen(1, "pca-residual", "PCA", dict(RAW))]
    return session


def finished(session: Session) -> TuningJob:
    assert session.data is not None
    session.tune(session.methods.variants(), PLAN, ())
    assert session.tuning is not None
    assert session.tuning.wait(TIMEOUT)
    assert session.tuning.failure == ""
    return session.tuning


def test_the_form_offers_what_is_chosen_and_shows_painted_defects() -> None:
    session = session_of(small_set())
    session.methods.add("mutual-scoring")
    test = page(tune_page, session)
    assert not test.exception
    assert test.multiselect(key="tune.methods").options == ["PCA"]
    assert not test.button(key="tune.start").disabled
    test.multiselect(key="tune.kinds").set_value([]).run()
    assert test.button(key="tune.start").disabled
    assert "Choose at least one kind of painted defect." in texts(test)


def test_a_search_ends_with_a_sentence_plots_and_all_trials() -> None:
    session = session_of(small_set())
    job = finished(session)
    (found,) = job.found()
    assert (job.state, len(found.trials)) == ("finished", 3)
    test = page(tune_page, session)
    assert not test.exception
    assert found.tuned is not None
    assert f"Pixel AUROC: default {found.tuned.default.words()}" in texts(test)
    assert list(test.dataframe[0].value["Trial"]) == ["default", "1", "2"]
    session.tune(session.methods.variants(), TuningPlan(Budget(4, 5), kinds=("stain",)), ())
    assert session.tuning is not None
    assert session.tuning.wait(TIMEOUT)
    (more,) = session.tuning.found()
    assert more.trials[:3] == found.trials
    assert len(more.trials) == 4


def test_a_tuned_variant_goes_into_the_comparison_with_its_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = session_of(small_set())
    better = MethodTuning(
        session.methods.variants()[0],
        (TrialFound(0, {"smoothing": 4.0}, "complete", 0.9, 1.0),),
        chosen={"smoothing": 1.5},
        tuned=TUNED,
    )
    monkeypatch.setattr(tuning, "tune", lambda *given, on_result, **more: on_result(better))
    finished(session)
    test = page(tune_page, session)
    assert "Setting found: Smoothing 1.5 (default 4)" in texts(test)
    test.button(key="tune.take").click().run()
    assert not test.exception
    chosen = session.methods.chosen[-1]
    assert (chosen.label, chosen.params["smoothing"], chosen.tuned) == ("PCA tuned", 1.5, TUNED)
    assert "The results are in the comparison." in texts(test)
    session.start()
    assert session.job is not None
    assert session.job.wait(TIMEOUT)
    test.run()
    assert "; on your test images default " in texts(test)
    chosen.change({**chosen.params, "smoothing": 3.0})
    assert chosen.tuned is None


def test_labelled_images_that_are_set_aside_test_nothing() -> None:
    session = session_of(small_set())
    session.tune(session.methods.variants(), PLAN, ("test/a.png", "test/c.png"))
    assert session.tuning is not None
    assert session.tuning.wait(TIMEOUT)
    (found,) = session.tuning.found()
    assert found.tuned is not None
    assert found.tuned.judged_on == "2 labelled images"
    first = session.tuning
    session.tune(session.methods.variants(), PLAN, ("test/c.png", "test/a.png"))
    assert session.tuning.folder is first.folder
    session.tuning.wait(TIMEOUT)
    assert session.data is not None
    assert [picture.name for picture in session.data.test] == ["test/b.png", "test/<d>.png"]
    session.images.set_aside(())
    assert session.data is not None
    assert len(session.data.test) == 4


def test_a_search_is_cancelled_and_its_trials_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(small_set())
    original = TuningJob._on_event

    def hear(self: TuningJob, event: object) -> None:
        if len(event.found.trials) == 1:  # type: ignore[attr-defined]
            self.cancel()
        original(self, event)  # type: ignore[arg-type]

    monkeypatch.setattr(TuningJob, "_on_event", hear)
    job = finished(session)
    assert job.state == "cancelled"
    assert len(job.found()[0].trials) == 1
    assert "Cancelled. Press Tune to go on" in texts(page(tune_page, session))
