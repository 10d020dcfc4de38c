"""Several people at once, those who leave, a server that is killed, and a disk that fails."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.load import Crowd
from tests.browser.crowd import Person
from tests.browser.person import run, sidebar
from tests.browser.server import serving

PEOPLE = 2


@pytest.mark.slow
def test_people_at_once_neither_see_nor_stop_each_other(browser: Browser, tmp_path: Path) -> None:
    found = Crowd(browser, tmp_path, ["pca-residual"], side=64).measure(PEOPLE)
    assert found["finished"] == PEOPLE
    assert found["presses"] >= PEOPLE
    assert found["longest_health_s"] < 2
    assert found["leaked"] == 0
    assert found["elsewhere"] == 0
    assert found["reopened"] == PEOPLE


def test_a_run_that_finds_no_room_says_so(browser: Browser, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with serving(tmp_path, {"TMPDIR": str(temporary)}) as server:
        person = Person(browser, 0, tmp_path / "images", 64)
        person.arrive(server.address, ["pca-residual"])
        run(person.page)
        temporary.rename(tmp_path / "moved")
        temporary.write_text("a file where the folder was")
        sidebar(person.page).get_by_role("button", name="Run again").click()
        sentence = "The folder for temporary files could not be written: not a directory."
        expect(person.page.get_by_text(sentence)).to_be_visible()
        person.leave()
