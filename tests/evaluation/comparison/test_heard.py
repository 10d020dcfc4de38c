"""Events through a file: nothing is lost, and what is no event is passed over."""

from pathlib import Path

from evaluation.comparison.comparison import Event
from evaluation.comparison.heard import EVENTS_FILE, EventReader, EventWriter
from methods.training.curve import StepNote, TrainingStep


def test_events_arrive_once_with_the_numbers_of_a_training(tmp_path: Path) -> None:
    read, write = EventReader(tmp_path), EventWriter(tmp_path)
    step = TrainingStep(3, 10, float("inf"), 0.25, "decoder", fold=2)
    first = Event("a", "fit", 0.5, 1.5, StepNote("step 3", step))
    write(first)
    (heard,) = read()
    assert heard == first
    assert isinstance(heard.note, StepNote)
    assert heard.note.step == step
    assert read() == []
    write(Event("a", "score", 0.7))
    assert [event.fraction for event in read()] == [0.7]


def test_events_with_one_note_are_written_now_and_then(tmp_path: Path) -> None:
    read, write = EventReader(tmp_path), EventWriter(tmp_path)
    for at in range(50):
        write(Event("a", "fit", at / 50))
    assert 1 <= len(read()) < 50


def test_half_a_line_waits_and_a_damaged_one_is_passed_over(tmp_path: Path) -> None:
    read, write = EventReader(tmp_path), EventWriter(tmp_path)
    write(Event("a", "fit", 0.1))
    path = tmp_path / EVENTS_FILE
    line = path.read_bytes()
    path.write_bytes(b"{}\n[1]\nno\n" + line + line[:20])
    assert [event.fraction for event in read()] == [0.1]
    path.write_bytes(path.read_bytes() + line[20:])
    assert [event.fraction for event in read()] == [0.1]
    read.close()
    assert not path.exists()
    assert read() == []
