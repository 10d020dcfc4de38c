"""The line of progress on a terminal and elsewhere."""

import sys

import pytest

from evaluation.comparison.comparison import Event
from evaluation.console import ProgressLine

TRAINING = Event("net", "fit", 0.3, 6.0, "loss 0.25", 14.0)


def test_a_terminal_shows_time_left_and_note_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    line = ProgressLine()
    line(TRAINING)
    line(TRAINING)
    line(Event("net", "done", 1.0, 20.0))
    first, rest = capsys.readouterr().err.split("\r")
    assert first.rstrip() == "net: fit 30 %, 14 s left (loss 0.25)"
    assert rest.rstrip(" ").rstrip() == "net: done 100 %"


def test_a_log_gets_a_line_for_each_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine()
    for fraction in (0.1, 0.2, 0.3, 0.4):
        line(Event("net", "fit", fraction, 1.0, "loss 0.25"))
    assert capsys.readouterr().err == "net: fit 0 %\nnet: fit 25 %\n"
