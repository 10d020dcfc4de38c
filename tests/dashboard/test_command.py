"""`anomaly-compare`, as a person or a script calls it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.web import cli

import dashboard
from dashboard.command import main, start_script
from images.version import VERSION
from methods import registry


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The arguments that Streamlit is started with, while it is not."""
    found: list[list[str]] = []
    monkeypatch.setattr(cli, "main", lambda arguments, prog_name: found.append(arguments))
    return found


def test_it_starts_streamlit_on_the_application(started: list[list[str]]) -> None:
    passed_on = ["--server.baseUrlPath", "compare"]
    assert main(["ui", "--port", "8502", "--address", "0.0.0.0", *passed_on]) == 0
    script = str(Path(dashboard.__file__).parents[1] / "app.py")
    place = ["--server.port", "8502", "--server.address", "0.0.0.0"]
    assert started == [["run", script, *place, *passed_on]]


def test_it_leaves_port_and_address_to_the_settings(started: list[list[str]]) -> None:
    main(["ui"])
    assert started == [["run", str(start_script())]]


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80.5"])
def test_a_port_that_does_not_exist_is_refused(
    port: str, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ui", f"--port={port}"])
    assert ended.value.code == 2
    assert f"'{port}'; expected a whole number from 1 to 65535" in capsys.readouterr().err
    assert not started


def test_the_settings_stand_beside_the_script() -> None:
    assert (start_script().parent / ".streamlit" / "config.toml").is_file()


def test_it_ends_with_one_sentence_when_it_is_stopped_early(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("dashboard.command._run", stop)
    assert main(["run"]) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_run_is_the_command_line_of_a_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--samples", "no-such-set"]) == 2
    assert "There is no sample 'no-such-set'; choose from brick," in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    assert capsys.readouterr().out.startswith("usage: anomaly-compare run ")
    with pytest.raises(SystemExit):
        main(["run", "--version"])
    assert capsys.readouterr().out == f"{VERSION}\n"


def test_it_lists_methods_unless_told_otherwise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_LEFT_OUT", {})
    registry.leave_out("words", "its package is missing", "install it")
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Methods"
    assert "pca-residual PCA residual" in {" ".join(line.split()) for line in lines}
    assert lines[-1].strip() == (
        "words is not available: its package is missing. To use it: install it."
    )
    assert main(["list", "--layouts", "--backbones"]) == 0
    listed = {" ".join(line.split()) for line in capsys.readouterr().out.splitlines()}
    assert {"Layouts", "Networks", "btad BTAD", "efficientnet-lite0 EfficientNet-Lite0"} <= listed
    assert "Methods" not in listed


def test_what_list_does_not_know_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["list", "--nothing"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --nothing" in capsys.readouterr().err


def test_it_tells_its_version_without_streamlit() -> None:
    code = "import json, sys; from dashboard.command import main\ntry: main(['--version'])\n"
    code += "except SystemExit: print(json.dumps('streamlit' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    version, loaded = done.stdout.splitlines()
    assert version == f"anomaly-compare {VERSION}"
    assert json.loads(loaded) is False
