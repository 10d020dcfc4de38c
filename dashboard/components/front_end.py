"""The files of the parts that run in the browser, and the JavaScript that they share."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def front_end(name: str) -> dict[str, str]:
    """The files of a part that draws score maps, as `st.components.v2.component` takes them."""
    own = {kind: _read(f"{name}/{name}.{kind}") for kind in ("html", "css", "js")}
    return {**own, "js": f"{_read('score_maps.js')}\n{own['js']}"}


def _read(path: str) -> str:
    return (FOLDER / path).read_text(encoding="utf-8")
