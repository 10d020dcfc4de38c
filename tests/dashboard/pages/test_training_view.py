"""The view of trainings on the page Compare, and the way to train longer from there."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.session import widgets
from dashboard.session.methods import Chosen
from dashboard.session.state import Session
from tests.dashboard.small import OPEN, QUICK, TIMEOUT, compared, page, small_set, texts

TINY = {"width": 4, "crop": 32, "batch": 2, "reduction": 1, "score": "loss", "steps": 4}


def compare() -> None:
    from dashboard.pages import compare as compare_page

    compare_page.show()


def methods() -> None:
    from dashboard.pages import methods as methods_page

    methods_page.show()


def trained() -> Session:
    session = Session()
    session.images.use(small_set())
    session.methods.chosen = [
        Chosen(1, "pca-residual", "PCA", dict(QUICK)),
        Chosen(2, "autoencoder", "Net", dict(TINY)),
    ]
    session.start()
    assert session.job is not None
    assert session.job.wait(TIMEOUT)
    return session


def training_view(session: Session) -> AppTest:
    test = page(compare, session, {widgets.VIEW: "Training"})
    assert not test.exception
    return test


def plots(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(element.proto.spec) for element in test.get("plotly_chart")]


def test_without_networks_the_view_says_so() -> None:
    session = compared(small_set())
    assert "None of these methods trains a network." in texts(training_view(session))


def test_curves_are_shown_and_continued() -> None:
    session = trained()
    test = training_view(session)
    assert session.job is not None
    result = session.job.assessments()[1].result
    (plot,) = plots(test)
    assert plot["data"][0]["x"] == [1, 2, 3, 4]
    assert len(plot["data"]) == 3 * (1 + result.folds)
    assert "4 of 4 steps. Kept: step" in texts(test)

    earlier = session.job
    test.number_input(key="training.steps.Net").set_value(6)
    test.button(key="training.continue.Net").click().run()
    assert session.job is not earlier
    assert session.job.wait(TIMEOUT)
    assert session.job.state == "finished"
    assert session.job.reused == 1
    longer = session.job.assessments()[1].result
    assert longer.params["steps"] == 10
    assert longer.variant.stages == ({"steps": 4},)
    assert longer.training[0].losses[:4] == result.training[0].losses
    assert "of 10 steps" in texts(training_view(session))
    assert "continued after step 4" in texts(training_view(session))


def test_a_selection_that_has_changed_is_not_continued() -> None:
    session = trained()
    session.methods.chosen.pop(0)
    test = training_view(session)
    assert test.button(key="training.continue.Net").disabled
    assert "has changed since this comparison" in texts(test)


def test_more_steps_than_the_method_takes_are_told() -> None:
    session = trained()
    test = training_view(session)
    test.number_input(key="training.steps.Net").set_value(100_000)
    earlier = session.job
    test.button(key="training.continue.Net").click().run()
    assert "steps is 100004; expected a whole number from 1 to 100000" in texts(test)
    assert session.job is earlier
    assert session.methods.chosen[1].stages == ()


@pytest.fixture
def chosen() -> Chosen:
    return Chosen(7, "autoencoder", "Net", {"steps": 300}, ({"steps": 250},))


def test_the_methods_page_says_what_is_continued_until_a_setting_changes(chosen: Chosen) -> None:
    session = Session()
    session.images.use(small_set())
    session.methods.chosen = [chosen]
    test = page(methods, session, OPEN)
    assert not test.exception
    assert "The training is continued after steps = 250." in texts(test)
    assert session.methods.chosen[0].stages == ({"steps": 250},)
    test.number_input(key="method.7.width").set_value(8).run()
    assert session.methods.chosen[0].stages == ()
    assert session.methods.chosen[0].params == {"steps": 300, "width": 8}


def test_a_continuation_to_the_default_number_of_steps_is_kept() -> None:
    session = Session()
    session.images.use(small_set())
    session.methods.chosen = [Chosen(7, "autoencoder", "Net", {"steps": 200})]
    session.methods.train_longer("Net", 2.0)
    (continued,) = session.methods.chosen
    assert (continued.params, continued.stages) == ({}, ({"steps": 200},))
    assert session.methods.variants()[0].checked().model_dump()["steps"] == 400
    page(methods, session, OPEN)
    assert session.methods.chosen[0].stages == ({"steps": 200},)
