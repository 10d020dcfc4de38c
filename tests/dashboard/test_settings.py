"""Settings of the server that nothing else would miss until it is too late."""

import tomllib
from pathlib import Path

SETTINGS = tomllib.loads(Path(".streamlit/config.toml").read_text(encoding="utf-8"))


def test_the_server_listens_on_this_machine_only_and_tells_nobody() -> None:
    assert SETTINGS["server"]["address"] == "localhost"
    assert SETTINGS["browser"]["gatherUsageStats"] is False
    assert SETTINGS["browser"]["serverAddress"] == "localhost"


def test_no_traceback_reaches_a_person() -> None:
    assert SETTINGS["client"]["showErrorDetails"] == "none"


def test_looking_at_the_progress_does_not_stop_the_comparison_to_collect_garbage() -> None:
    assert SETTINGS["runner"]["postScriptGC"] is False
