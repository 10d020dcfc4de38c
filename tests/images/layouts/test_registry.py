"""The registry, and what holds for every layout."""

import importlib
import pkgutil

import pytest

from images.errors import ImageError
from images.layouts import registry
from images.layouts.layout import Layout
from images.layouts.mvtec_ad import MVTecAD
from images.open import named_files
from images.registry import RegistryError
from images.roles.understanding import problem, understand
from tests.images import layouts
from tests.images.layouts.made import image, judged, learned, read, unused
from tests.registries import as_new

MINIATURES: dict[str, dict[str, bytes]] = {}
"""A tiny set in each layout, from the tests of the layouts."""
for module in pkgutil.iter_modules(layouts.__path__, f"{layouts.__name__}."):
    if module.name != __name__:
        tests = importlib.import_module(module.name)
        if hasattr(tests, "MINIATURE"):
            MINIATURES[module.name.rpartition("test_")[2].replace("_", "-")] = tests.MINIATURE
        if hasattr(tests, "OLDER"):
            MINIATURES["dagm-ellipses"] = tests.OLDER


def test_every_layout_that_is_found_out_has_a_miniature() -> None:
    found_out = {name for name in registry.names() if not registry.get(name).by_hand}
    assert set(MINIATURES) == found_out


@pytest.mark.parametrize("name", sorted(MINIATURES))
def test_a_miniature_is_recognised_by_its_own_layout_alone(name: str) -> None:
    data = read(MINIATURES[name])
    assert data.layout == name
    assert data.understood.startswith(f"Read as {registry.get(name).title}: ")
    assert "could also be read" not in data.understood
    assert problem(data) is None


@pytest.mark.parametrize("name", sorted(MINIATURES))
def test_it_is_recognised_below_other_folders_and_beside_other_files(name: str) -> None:
    files = {f"download/set/{file}": data for file, data in MINIATURES[name].items()}
    data = read({**files, "readme.md": b"about", "licence.txt": b"free"})
    plain = read(MINIATURES[name])
    assert data.layout == name
    assert learned(data) == [f"download/set/{file}" for file in learned(plain)]
    assert judged(data) == {f"download/set/{file}": it for file, it in judged(plain).items()}


@pytest.mark.parametrize("name", sorted(MINIATURES))
def test_every_file_gets_one_finding_and_pictures_can_be_read(name: str) -> None:
    data = read(MINIATURES[name])
    assert sorted(finding.name for finding in data.findings) == sorted(MINIATURES[name])
    assert len({picture.read().shape for picture in (*data.normal, *data.test)}) == 1


@pytest.mark.parametrize("name", sorted({*MINIATURES} - {"severstal"}))
def test_read_by_names_nothing_defective_is_learned_from(name: str) -> None:
    """The plain reader learns from no image that the layout knows to be defective.

    But in Severstal only a CSV file says which of the training images are.
    """
    judged_well = judged(read(MINIATURES[name]))
    defective = {image for image, (kind, _) in judged_well.items() if kind != "good"}
    data = read(MINIATURES[name], layout="by-name")
    assert not defective & set(learned(data))
    assert data.understood.startswith("Read by folder and file names: ")


def test_a_file_outside_the_set_is_not_used_and_told() -> None:
    files = {f"bottle/{name}": data for name, data in MINIATURES["mvtec-ad"].items()}
    data = read({**files, "preview.png": image(9)})
    assert data.layout == "mvtec-ad"
    assert unused(data)["preview.png"] == "preview.png does not belong to the layout MVTec AD."


def test_a_set_beside_one_that_is_recognised_is_asked_for() -> None:
    """Of one only the training images were handed in, of the other all."""
    files = {f"cable/{name}": data for name, data in MINIATURES["mvtec-ad"].items()}
    files["bottle/train/good/0.png"] = image(9)
    with pytest.raises(ImageError, match=r"set holds 2 data sets \(bottle, cable\); expected one"):
        read(files)
    assert read(files, part="cable").layout == "mvtec-ad"
    data = read(files, part="bottle")
    assert (data.layout, learned(data)) == ("by-name", ["bottle/train/good/0.png"])


def test_a_set_on_top_of_another_is_asked_for() -> None:
    files = {**MINIATURES["mvtec-ad"], "old/train/good/0.png": image(9)}
    with pytest.raises(ImageError, match=r"set holds 2 data sets \(\., old\); expected one"):
        read(files)
    data = read(files, part=".")
    assert data.name == "set"
    assert learned(data) == learned(read(MINIATURES["mvtec-ad"]))
    assert learned(read(files, part="old")) == ["old/train/good/0.png"]


def test_a_layout_that_does_not_fit_is_refused() -> None:
    with pytest.raises(
        ImageError, match=r"^set is not in the layout BTAD; expected train/ok, test/ok, test/ko and"
    ):
        read(MINIATURES["mvtec-ad"], layout="btad")
    with pytest.raises(RegistryError, match=r"^There is no layout \'magic\'; choose from aitex, "):
        read(MINIATURES["mvtec-ad"], layout="magic")


def test_files_given_by_role_are_no_part_of_a_layout() -> None:
    """A folder of a layout, and one more normal image handed in by hand."""
    files = named_files(
        normal=[("x_mask.png", image(20))], pile=MINIATURES["mvtec-ad-2"].items(), name="set"
    )
    data = understand(files)
    assert data.layout == "mvtec-ad-2"
    assert learned(data) == ["normal/x_mask.png", "train/good/000_regular.png"]


def test_what_two_layouts_recognise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(MVTecAD):
        name = "other"
        title = "Other"

    registry.names()
    monkeypatch.setitem(registry.LAYOUTS._entries, "other", Other())
    data = read(MINIATURES["mvtec-ad"])
    assert data.understood.endswith(" It could also be read as Other.")


def test_a_layout_that_takes_the_name_of_another_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Twin(MVTecAD):
        pass

    as_new(registry.LAYOUTS, monkeypatch)
    registry.names()
    with pytest.warns(UserWarning, match=r"'mvtec-ad' was images\.layouts\.mvtec_ad\.MVTecAD"):
        registry.register(Twin)
    assert isinstance(registry.get("mvtec-ad"), Twin)


def test_what_is_no_layout_is_refused() -> None:
    with pytest.raises(RegistryError, match=r"The layout builtins\.dict is no Layout\."):
        registry.register(dict)
    half = type("Half", (Layout,), {"name": "half"})
    with pytest.raises(RegistryError, match="Half lacks title, folders, read, recognises"):
        registry.register(half)
