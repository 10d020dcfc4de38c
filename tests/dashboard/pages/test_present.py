"""What is presented, on the page and in a file of its own."""

import base64
import json
import re
from typing import Any

import pytest

from dashboard.components.present import data_address, standalone
from dashboard.pages import present as present_page
from dashboard.session.state import Session
from tests.dashboard.small import compared, components, page, quick_session, small_set, texts


def present() -> None:
    from dashboard.pages import present as present_page

    present_page.show()


@pytest.fixture(scope="module")
def session() -> Session:
    return compared(small_set())


def test_nothing_has_run() -> None:
    test = page(present, quick_session(small_set()))
    assert "Run a comparison first" in texts(test)


def test_the_most_telling_images_come_first_with_the_numbers(session: Session) -> None:
    test = page(present, session)
    assert not test.exception
    (show,) = components(test)
    assert {row["index"] for row in show["rows"][:2]} == {2, 3}
    assert show["title"] == "Defects in waves"
    assert "defective images" in show["verdict"]
    assert show["table"][0][:4] == ["Method", "Found", "Missed", "False alarms"]
    assert [row[0] for row in show["table"][1:]] == ["PCA", "PCA coarse"]


def test_title_notes_images_and_captions_are_the_presenters(session: Session) -> None:
    test = page(present, session)
    assert session.job is not None
    token = session.job.token
    test.text_input(key="present.title").set_value("For the board").run()
    test.text_area(key="present.notes").set_value("Two lines").run()
    test.multiselect(key=f"present.images.{token}").set_value([3, 0]).run()
    test.text_input(key=f"present.caption.{token}.0").set_value("A good one.").run()
    (show,) = components(test)
    assert (show["title"], show["notes"]) == ("For the board", "Two lines")
    assert [row["index"] for row in show["rows"]] == [3, 0]
    assert [row["caption"] for row in show["rows"]] == ["", "A good one."]


def test_the_file_holds_all_pictures_and_no_text_becomes_markup(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(present_page, "present", lambda shown, key: made.append((shown, key)))
    given: list[tuple[Any, ...]] = []
    whole = present_page._presentation

    def keep(*arguments: Any, **options: Any) -> Any:
        given.append(arguments)
        return whole(*arguments, **options)

    monkeypatch.setattr(present_page, "_presentation", keep)
    page(present, session)
    mine, sheet, methods, processing, _ = given[0]
    closing = data_address(b"\x89PNG")
    text = standalone(whole(mine, sheet, methods, processing, closing, hosted=False))
    found = re.search(r'id="data">(.*?)</script>', text, re.S)
    assert found
    data = json.loads(found[1])
    assert data["open"] is True
    names = {row["name"] for row in data["rows"]}
    assert "test/<d>.png" in names
    assert "<d>" not in text
    for row in data["rows"]:
        for address in (row["image"], row["mask"], *row["scores"]):
            assert address is None or base64.b64decode(address.partition("base64,")[2])
    assert "http" not in found[1]
