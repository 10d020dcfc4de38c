"""Events of a method that runs in another process, through a file in the method's folder.

A file reaches whoever sees the folder, whatever runs the method; each line is an event in JSON.
"""

import json
import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from evaluation.comparison.comparison import Event
from methods.training.curve import StepNote, TrainingStep

EVENTS_FILE = "events.jsonl"
EVERY = 0.1
"""Seconds between two events with the same note; those between are not written."""

_EVENT = TypeAdapter(Event)
_STEP = TypeAdapter(TrainingStep)


class EventWriter:
    """Writes the events that it is called with; a disk that is full hinders no method."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / EVENTS_FILE
        self._when, self._note = 0.0, ""

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        if event.note == self._note and now - self._when < EVERY:
            return
        self._when, self._note = now, event.note
        step = asdict(event.note.step) if isinstance(event.note, StepNote) else None
        line = json.dumps({"event": vars(event), "step": step})
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


class EventReader:
    """Gives the events that were written since it was asked last."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / EVENTS_FILE
        self._read = 0
        self.close()

    def __call__(self) -> list[Event]:
        """The new ones; a line that is not whole yet waits."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                content = file.read()
        except OSError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._read += len(whole)
        return [event for line in whole.splitlines() for event in _events(line)]

    def close(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self._path.unlink()


def _events(line: bytes) -> list[Event]:
    """The event in a line; none where it is damaged, since others follow."""
    try:
        facts = json.loads(line)
        event = _EVENT.validate_python(facts["event"])
        if facts["step"] is not None:
            step = _STEP.validate_python(facts["step"])
            event = replace(event, note=StepNote(event.note, step))
    except (ValueError, ValidationError, KeyError, TypeError):
        return []
    return [event]
