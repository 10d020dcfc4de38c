"""The container file agrees with the package, the settings and the files that are there."""

import fnmatch
import json
import re
import shlex
import tomllib
from pathlib import Path

from tests.test_package import SOURCES

ROOT = Path(__file__).parents[1]
PORT = 8501
"""Of Streamlit, where the settings name none."""


def instructions() -> list[tuple[str, str]]:
    """The instructions of the container file, in order: the word and the rest of its line."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines())]


def the(word: str) -> str:
    """The rest of the last instruction of a word."""
    return [rest for found, rest in instructions() if found == word][-1]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(the("ENV")))  # type: ignore[misc]


def settings() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))


def test_python_is_that_of_the_package() -> None:
    """3.11 is the lowest that pyproject.toml allows and the one that mypy checks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    version = project["project"]["requires-python"].removeprefix(">=")
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"python(3\.\d+)", text)) == {version}


def test_what_is_copied_exists_and_is_all_that_the_package_is_built_of() -> None:
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY"]
    names = {name for group in copied for name in group if not name.startswith(("--", "/opt/"))}
    assert names == {"requirements.txt", "."}
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert all(any(ROOT.glob(name)) for name in kept)
    assert [name for name in SOURCES if not any(fnmatch.fnmatch(name, each) for each in kept)] == []


def test_the_user_has_no_rights() -> None:
    user, _, group = the("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert any(word == "RUN" and f"--uid {user} " in rest for word, rest in instructions())


def test_the_port_is_that_of_the_settings() -> None:
    port = settings()["server"].get("port", PORT)
    assert the("EXPOSE") == str(port)
    assert f"127.0.0.1:{port}/_stcore/health" in the("HEALTHCHECK")


def test_the_health_check_is_a_program_that_python_accepts() -> None:
    program, option, code = json.loads(the("HEALTHCHECK").partition("CMD ")[2])
    assert (program, option) == ("python", "-c")
    compile(code, "health check", "exec")


def test_results_and_caches_are_in_the_volume() -> None:
    """Kept comparisons go to the working folder."""
    volume = the("VOLUME")
    assert the("WORKDIR") == volume
    assert environment()["HOME"] == volume
    assert environment()["XDG_CACHE_HOME"].startswith(f"{volume}/")


def test_the_page_on_deploying_lets_the_largest_upload_through_the_proxy() -> None:
    text = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")
    (limit,) = re.findall(r"client_max_body_size (\d+)m;", text)
    largest = settings()["server"]["maxUploadSize"]
    assert isinstance(largest, int)
    assert int(limit) > largest
