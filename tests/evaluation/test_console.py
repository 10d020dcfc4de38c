"""The line of progress on a terminal and elsewhere."""

import os
import sys

import pytest

from evaluation.comparison.comparison import Event, Failure, Variant
from evaluation.console import FilesLine, ProgressLine, announce
from evaluation.terminal import TERMINAL, Terminal

TRAINING = Event("net", "fit", 0.3, 6.0, "loss 0.25", 14.0)


def test_a_terminal_shows_time_left_and_note_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    line = ProgressLine()
    line(TRAINING)
    assert capsys.readouterr().err == "\rnet: fit 30 %, 14 s left (loss 0.25)"
    line(TRAINING)
    assert capsys.readouterr().err == ""
    line(Event("net", "done", 1.0, 20.0))
    assert seen(capsys.readouterr().err) == ["net: done 100 %", ""]


def test_a_narrow_terminal_shows_whole_parts_in_one_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """23 letters can be used; the line with the time has 24. A long name is cut."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(Terminal, "width", 24)
    line = ProgressLine()
    line(TRAINING)
    assert capsys.readouterr().err == "\rnet: fit 30 %"
    line(Event("a network with a long name", "fit", 0.3, 6.0))
    assert capsys.readouterr().err == "\ra network with a long n"
    TERMINAL.leave()


def test_a_failure_is_told_where_the_line_stood(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(Terminal, "width", 40)
    ProgressLine()(TRAINING)
    announce(Failure(Variant("padim", label="net"), "None of the images could be read."))
    told = ["net failed: None of the images could be", "read.", ""]
    assert seen(capsys.readouterr().err) == told


def test_files_are_told_with_a_bar_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    FilesLine()(2, 2, "1 defective")
    told = seen(capsys.readouterr().err)[0]
    assert told.startswith("[########################] 2 of 2 files, 1 defective, ")
    monkeypatch.setattr(Terminal, "width", 40)
    FilesLine()(2, 2, "1 defective")
    assert seen(capsys.readouterr().err)[0].startswith("2 of 2 files, 1 defective")
    TERMINAL.leave()


def test_a_terminal_says_how_wide_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    master, terminal = os.openpty()
    with open(terminal, "w") as written:
        monkeypatch.setattr(sys, "stderr", written)
        assert Terminal().width == 80  # nobody has said
        os.system(f"stty columns 33 < {os.ttyname(terminal)}")
        assert Terminal().width == 33
    os.close(master)


def seen(written: str) -> list[str]:
    """The rows of a terminal after something was written to it."""
    rows = [""]
    place = 0
    for letter in written:
        if letter == "\n":
            rows.append("")
        if letter in "\r\n":
            place = 0
        else:
            rows[-1] = rows[-1][:place] + letter + rows[-1][place + 1 :]
            place += 1
    return [row.rstrip() for row in rows]


def test_a_log_gets_a_line_for_each_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine()
    for fraction in (0.1, 0.2, 0.3, 0.4):
        line(Event("net", "fit", fraction, 1.0, "loss 0.25"))
    assert capsys.readouterr().err == "net: fit 0 %\nnet: fit 25 %\n"
