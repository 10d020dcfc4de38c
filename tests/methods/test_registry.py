"""Names, plugins and saved files."""

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import safetensors
from pydantic import Field
from safetensors.numpy import save_file

from methods import registry
from methods.detector import Detector, DetectorError
from methods.detectors.patch_models.pca_residual import PcaResidual
from methods.parameters import Parameters
from tests.registries import as_new


def test_lists_detectors_by_name() -> None:
    assert "pca-residual" in registry.names()
    assert list(registry.names()) == sorted(registry.names())
    assert registry.get("pca-residual") is PcaResidual


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DetectorError, match=r"no method 'pca'; choose from .*pca-residual"):
        registry.get("pca")


def test_a_detector_that_is_left_out_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a bundle of it that was exported on another machine."""
    monkeypatch.setattr(registry, "_LEFT_OUT", {})
    registry.leave_out("words", "its package is missing", "install it")
    with pytest.raises(DetectorError) as caught:
        registry.get("words")
    assert str(caught.value) == (
        "words is not available: its package is missing. To use it: install it."
    )


@pytest.fixture
def fresh_discovery(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    as_new(registry.DETECTORS, monkeypatch)
    return monkeypatch


class Plugin(PcaResidual):
    name = "from-elsewhere"


class Silent(PcaResidual):
    """Says nothing of itself that could be shown."""

    name = "silent"
    title = ""
    summary = None
    Params = dict


class Unfinished(Detector):
    name = "unfinished"
    title = "Unfinished"
    summary = "It has no hook."
    reference = "None."
    Params = Parameters


class Needy(PcaResidual):
    name = "needy"

    class Params(Parameters):
        size: int
        depth: int = Field(3, title="Depth")


def found_as_plugins(fresh_discovery: pytest.MonkeyPatch, **classes: type) -> None:
    """Let the named classes of this module be what other packages offer."""
    plugins = []
    for name, offered in classes.items():
        place = f"{__name__}:{offered.__qualname__}"
        plugins.append(EntryPoint(name, place, registry.DETECTORS.group))
    fresh_discovery.setattr("images.registry.entry_points", lambda group: plugins)


def test_plugins_appear_and_a_broken_one_is_left_out(
    fresh_discovery: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = [
        EntryPoint("good", f"{__name__}:Plugin", registry.DETECTORS.group),
        EntryPoint("bad", "no_such_module:Thing", registry.DETECTORS.group),
    ]
    fresh_discovery.setattr("images.registry.entry_points", lambda group: plugins)
    assert "from-elsewhere" in registry.names()
    assert "'bad' was ignored" in caplog.text


def impostor(of: type[Detector] = PcaResidual, module: str = "elsewhere") -> type[Detector]:
    """A class with the name and the qualified name of another, from another module."""
    return type(of.__name__, (of,), {"__module__": module})


def test_a_class_from_elsewhere_does_not_take_the_name_of_ours(
    fresh_discovery: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fresh_discovery.setattr(sys.modules[__name__], "PcaResidual", impostor())
    found_as_plugins(fresh_discovery, taken=PcaResidual)
    assert registry.get("pca-residual").__module__ == "methods.detectors.patch_models.pca_residual"
    assert (
        "The detector 'taken' was ignored: Two detectors have the name 'pca-residual': "
        "methods.detectors.patch_models.pca_residual.PcaResidual is used, elsewhere.PcaResidual "
        "is ignored." in caplog.text
    )
    assert "Traceback" not in caplog.text


def test_ours_keep_their_names_when_another_package_is_imported_first(
    fresh_discovery: pytest.MonkeyPatch,
) -> None:
    fresh_discovery.delitem(registry.DETECTORS._entries, "pca-residual")
    registry.register(impostor())
    with pytest.warns(UserWarning, match="'pca-residual' was elsewhere.PcaResidual and is methods"):
        registry.register(PcaResidual)
    assert registry.get("pca-residual") is PcaResidual


def test_a_script_may_take_a_name_and_is_warned(fresh_discovery: pytest.MonkeyPatch) -> None:
    registry.register(Plugin)
    registry.register(Plugin)
    other = impostor(Plugin, "another")
    with pytest.warns(UserWarning, match=r"was .*\.test_registry\.Plugin and is another\.Plugin"):
        registry.register(other)
    assert registry.get("from-elsewhere") is other


@pytest.mark.parametrize(
    ("said", "words", "sentence"),
    [
        (
            "needs",
            ("luck",),
            "needs 'luck'; expected normal images, known classes, test images, labels",
        ),
        ("gives", ("map", "joy"), "gives 'joy'; expected map, image score, explanation"),
    ],
)
def test_a_declaration_uses_the_words_there_are(
    said: str, words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(DetectorError, match=sentence):
        registry.register(type("Odd", (PcaResidual,), {said: words}))


def test_a_declaration_says_what_it_takes_and_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PcaResidual, "cost", "Learns in 1 s.")
    line = "needs normal images; gives map, explanation. Learns in 1 s."
    assert registry.declaration("pca-residual") == line
    monkeypatch.setattr(PcaResidual, "cost", "")
    monkeypatch.setattr(PcaResidual, "needs", ())
    assert registry.declaration("pca-residual") == "needs nothing; gives map, explanation."


def test_a_plugin_that_lacks_something_is_left_out_by_what_it_lacks(
    fresh_discovery: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found_as_plugins(fresh_discovery, silent=Silent, unfinished=Unfinished, needy=Needy)
    names = registry.names()
    assert not {"silent", "unfinished", "needy"} & set(names)
    told = caplog.text
    assert f"{__name__}.Silent lacks title, summary, Params." in told
    assert "Unfinished lacks _explain, _fit, _restore, _score_map, _state." in told
    assert "Needy has a parameter size without a default and a title and a description" in told
    assert "; has a parameter depth without a description." in told
    for name in names:
        assert registry.get(name).title


@pytest.mark.parametrize("name", ["Upper", "a@b", "a,b", "a.b", "-a"])
def test_a_name_that_the_command_line_could_not_take_is_refused(name: str) -> None:
    with pytest.raises(DetectorError, match="expected lower-case letters, digits and hyphens"):
        registry.register(type("Named", (PcaResidual,), {"name": name}))


def test_what_is_no_detector_is_refused() -> None:
    with pytest.raises(DetectorError, match="is not a subclass of Detector"):
        registry.register(dict)  # type: ignore[type-var]


def test_the_arrays_of_a_saved_detector_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.safetensors"
    image = np.random.default_rng(0).random((40, 40), dtype=np.float32)
    PcaResidual({"window": 5}).fit([image]).save(path)
    read: list[str] = []
    real_open = safetensors.safe_open

    class Counting:
        """An open file that notes which arrays are read."""

        def __init__(self, *arguments: object, **options: object) -> None:
            self._file = real_open(*arguments, **options)

        def __enter__(self) -> "Counting":
            self._file.__enter__()
            return self

        def __exit__(self, *error: object) -> None:
            self._file.__exit__(*error)

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

        def get_tensor(self, key: str) -> object:
            read.append(key)
            return self._file.get_tensor(key)

    monkeypatch.setattr(safetensors, "safe_open", Counting)
    loaded = registry.load(path)
    assert sorted(read) == sorted(loaded._state())


def test_files_that_are_no_saved_detector_are_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.safetensors"
    text.write_text("hello")
    with pytest.raises(DetectorError, match="cannot be read as a saved detector"):
        registry.load(text)
    other = tmp_path / "other.safetensors"
    save_file({"weights": np.zeros(3, dtype=np.float32)}, str(other))
    with pytest.raises(DetectorError, match="not a detector saved by Anomaly Compare"):
        registry.load(other)
    damaged = tmp_path / "damaged.safetensors"
    header = {
        "format": "anomaly-compare detector 1",
        "detector": "pca-residual",
        "params": '{"features": "raw patches"}',
        "seed": "0",
    }
    save_file({"weights": np.zeros(3, dtype=np.float32)}, str(damaged), metadata=header)
    with pytest.raises(DetectorError, match=r"damaged\.safetensors is damaged"):
        registry.load(damaged)


def test_detectors_are_grouped_by_the_package_they_stand_in(
    fresh_discovery: pytest.MonkeyPatch,
) -> None:
    registry.register(Plugin)
    families = registry.families()
    assert list(families) == [
        "Generative networks",
        "Known classes",
        "Models of patch features",
        "One-class and self-supervised networks",
        "Patch dictionaries",
        "Restoration networks",
        "Student and teacher networks",
        "Without normal images",
        "From other packages",
    ]
    assert families["Patch dictionaries"] == ("multiscale-sparse-coding", "sparse-coding")
    assert families["From other packages"] == ("from-elsewhere",)
    assert sorted(sum(families.values(), ())) == sorted(registry.names())
