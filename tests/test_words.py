"""Texts that a person reads use the field's terms: retired words stay out, see `docs/glossary.md`.

Read are all string constants of the packages, parts of f-strings included, the docstrings of
modules and of what is public, templates, the README and the documents.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("images", "methods", "evaluation", "dashboard")
GLOSSARY = ROOT / "docs" / "glossary.md"

RETIRED = {
    "figure": r"(?<![<.])(?<!</)\bfigures?\b(?!\s+(?:of|objects? of) Plotly)",
    "left over": r"\bleft[ -]over\b",
    "counted": r"\bcounted pixels?\b|\bnot counted\b|\bcounts? as (?:marked|defective)\b|"
    r"\bpixels?(?: in \w+| of \w+)? (?:that )?counts?\b",
    "hand over": r"\bhand(?:s|ed|ing)? (?:over|in)\b",
    "wanted": r"\bwanted\b",
    "by hand": r"\bby hand\b",
    "take back": r"\b(?:take|takes|taken) back\b",
    "turn round": r"\bturn(?:s|ed)? (?:it|them|\w+) round\b|\bupside down\b",
    "lean on": r"\blean(?:s|t|ed)? on\b|\bby whose weight\b",
    "learning time": r"\b(?:learning|scoring) (?:time|seconds)\b|\btime to (?:learn|score)\b",
    "learned from": r"\b(?:not|neither|also) learned from\b|\blearned from(?:[.,;:]|$| together)",
    "fault of the program": r"\bfaults? of the program\b",
    "nobody has said": r"\bnobody has said\b|\bsaid to be\b|\bnobody said\b",
    "worked out": r"\bwork(?:s|ed)? out\b",
}
"""Patterns for the words of the second table of the glossary, by the word."""

KEPT = {
    ("evaluation/roles.py", "left over"): "the old name of a role is still understood",
    ("evaluation/comparison/storage.py", "left over"): "older folders hold the old name of a role",
}


def _read_docstrings(tree: ast.Module) -> tuple[set[ast.Constant], set[ast.Constant]]:
    """The docstrings of a module: those of public things, and the others."""
    public: set[ast.Constant] = set()
    private: set[ast.Constant] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            name = getattr(node, "name", "")
            (private if name.startswith("_") and name != "__init__" else public).add(first.value)
    return public, private


def _annotations(tree: ast.Module) -> set[ast.AST]:
    """Types that are written as strings."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            kind = getattr(node, name, None)
            if kind is not None:
                found.update(ast.walk(kind))
    return found


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of what a person can read in a file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(source.splitlines(), start=1)
        return
    tree = ast.parse(source)
    skipped = _read_docstrings(tree)[1] | _annotations(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            for at, line in enumerate(node.value.splitlines()):
                yield node.lineno + at * (node.end_lineno != node.lineno), line


def _found(path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    return [
        f"{name}:{line}: {word!r} in {text.strip()!r}"
        for line, text in _texts(path)
        for word, pattern in RETIRED.items()
        if re.search(pattern, text, re.IGNORECASE) and (name, word) not in KEPT
    ]


def _files() -> list[Path]:
    sources = [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*"))
        if path.suffix in (".py", ".html", ".jinja", ".j2")
    ]
    documents = [path for path in sorted((ROOT / "docs").glob("*.md")) if path != GLOSSARY]
    return [*sources, ROOT / "README.md", *documents]


def test_texts_use_no_retired_word() -> None:
    found = [line for path in _files() for line in _found(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("figure", "No pixel figures without masks."),
        ("left over", "3 files left over"),
        ("counted", "Only the pixels that count are drawn."),
        ("hand over", "You see and hand over masks."),
        ("hand over", "Until you hand in images"),
        ("wanted", "the wanted rate"),
        ("by hand", "By hand: PCA."),
        ("take back", "Take back"),
        ("turn round", "other images could turn it round"),
        ("lean on", "by whose weight the spread leans on the mean"),
        ("learning time", "Learning time in seconds"),
        ("learned from", "It is not learned from, they are also learned from."),
        ("fault of the program", "Stopped on a fault of the program."),
        ("nobody has said", "Nobody has said what it is."),
        ("worked out", "figures are worked out"),
    ],
)
def test_a_retired_word_is_found(word: str, text: str) -> None:
    assert re.search(RETIRED[word], text, re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "<figure title='a'></figure>",
        "The stages are counted from 1.",
        "an unwanted change",
        "by-hand",
        "The dictionary is learned from normal patches.",
        "left, over the image",
    ],
)
def test_ordinary_uses_are_not_found(text: str) -> None:
    assert [word for word, pattern in RETIRED.items() if re.search(pattern, text, re.I)] == []


def test_line_and_word_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "page.py"
    path.write_text(
        '"""A page."""\n\n\ndef _draw(left_over: "Figure") -> str:\n'
        '    """Left over, but nobody reads it."""\n'
        '    return f"{left_over} files " f"left over"\n'
    )
    assert _found(path) == ["page.py:6: 'left over' in 'files left over'"]


CLOSE = re.compile(r"[0-9]%|^%(?:[ ,;:)]|\.(?!\d)|$)")
"""A number and its sign, or a format that writes them, without the space of `words.percent`."""
READS_OLD_ROWS = ROOT / "evaluation" / "suites" / "rows.py"


def test_percentages_are_written_with_a_space() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()!r}"
        for path in _files()
        if path != READS_OLD_ROWS
        for line, text in _texts(path)
        if CLOSE.search(text)
    ]
    assert not found, "\n".join(found)


def test_a_percentage_without_a_space_is_found(tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text('a = f"{1:.1%} of", f"{1}%", f"{1}% of", "5% of", f"{1:.3g} %", "5 %", "%.3f"')
    found = {text for _, text in _texts(path) if CLOSE.search(text)}
    assert found == {".1%", "%", "% of", "5% of"}


def test_both_tables_of_the_glossary_are_in_order_and_name_each_word() -> None:
    terms, retired = GLOSSARY.read_text(encoding="utf-8").split("## Retired words")
    for table in (terms, retired):
        words = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[2:]
        assert words == sorted(words, key=str.casefold)
    for word in ("figure", "left over", "hand over", "wanted", "by hand", "take back"):
        assert word in retired
