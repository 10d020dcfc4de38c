"""Forms made from the parameters of a detector: each field's title, help, bounds and choices."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from dashboard.session import widgets
from dashboard.text import plain
from methods.detector import Detector
from methods.effort import help_text
from methods.parameters import (
    Offered,
    ParameterError,
    Parameters,
    as_text,
    changed,
    choices_of,
    item_of,
    parse_parameters,
)

COLUMNS = 3
ALWAYS_MAIN = ("features", "backbone", "smoothing", "steps")
"""Parameters that are worth a look first, whatever the presets change."""


def main_parameters(detector: type[Detector]) -> frozenset[str]:
    """The parameters that presets change, and a few others; the rest is for experts."""
    changed_by = {name for params in detector.presets.values() for name in params}
    return frozenset(changed_by | {*ALWAYS_MAIN} & {*detector.Params.model_fields})


def parameter_form(
    model: type[Parameters],
    values: Mapping[str, Any],
    owner: str,
    key: str,
    main: Collection[str] = (),
) -> dict[str, Any]:
    """Draw the form; returns the parameters that differ from their defaults, as their types.

    Those not in `main` are folded, unless it is empty. Parameters that count for nothing as the
    others are set have no widget and keep their values. `key` tells this form from others. A value
    out of bounds is told in a sentence that names `owner`, and the values given before are
    returned.
    """
    fields = model.model_fields
    given = {
        name: st.session_state.get(widgets.parameter(key, name), values.get(name, info.default))
        for name, info in fields.items()
    }
    unused, wrong = frozenset[str](), ""
    try:
        parsed = parse_parameters(model, given, owner)
        given = {name: getattr(parsed, name) for name in fields}
        unused = parsed.unused()
    except ParameterError as error:
        wrong = str(error)
    used = [name for name in fields if name not in unused]
    first = [name for name in used if name in main] or used
    rest = [name for name in used if name not in first]
    _fields(fields, first, given, key)
    if rest:
        with st.expander("Advanced"):
            _fields(fields, rest, given, key)
    if wrong:
        st.error(wrong, icon=":material/error:")
        return dict(values)
    return changed(model, given, owner)


def _fields(
    fields: Mapping[str, FieldInfo], names: Sequence[str], given: dict[str, Any], key: str
) -> None:
    """Draw some of the fields in columns and take their values."""
    columns = st.columns(COLUMNS)
    for at, name in enumerate(names):
        with columns[at % COLUMNS]:
            given[name] = _widget(fields[name], given[name], widgets.parameter(key, name))


def forget(model: type[Parameters], key: str) -> None:
    """Let the widgets of a form take up new values when it is drawn next."""
    for name in model.model_fields:
        st.session_state.pop(widgets.parameter(key, name), None)


def _widget(info: FieldInfo, value: Any, key: str) -> Any:
    label, text = info.title or "", help_text(info)
    kind, item = info.annotation, item_of(info)
    if item is not None:
        return _several(choices_of(item), value, label, text, key)
    st.session_state.setdefault(key, value)
    if choices := choices_of(info):
        return st.selectbox(label, choices, key=key, help=text)
    if kind is bool:
        return st.toggle(label, key=key, help=text)
    if kind in (int, float):
        return _number(info, label, key)
    for rule in info.metadata:
        if isinstance(rule, Offered):
            return _choice(rule.choices(), value, label, text, key)
    return st.text_input(label, key=key, help=text)


def _several(
    choices: Sequence[Any], value: Any, label: str, text: str | None, key: str
) -> tuple[Any, ...] | str:
    """The items of a tuple: chosen from those that there are, or typed with commas between."""
    if choices:
        st.session_state.setdefault(key, [item for item in value if item in choices])
        return tuple(st.multiselect(label, choices, key=key, help=text))
    st.session_state.setdefault(key, as_text(value))
    return st.text_input(label, key=key, help=text)


def _choice(choices: Sequence[str], value: str, label: str, text: str | None, key: str) -> str:
    """A text from those that are offered; another one that is set already is kept, and told."""
    options = list(dict.fromkeys([*choices, value]))
    chosen = st.selectbox(label, options, key=key, help=text)
    if chosen not in choices:
        st.error(f"{plain(chosen)} is not available here.", icon=":material/error:")
    return chosen


def _number(info: FieldInfo, label: str, key: str) -> float | int:
    whole = info.annotation is int
    number: type[int] | type[float] = int if whole else float
    low, high = bound(info, "ge", "gt"), bound(info, "le", "lt")
    step = bound(info, "multiple_of")
    if step is None:
        step = 1 if whole else step_for(float(info.default))
    return st.number_input(
        label,
        min_value=None if low is None else number(low),
        max_value=None if high is None else number(high),
        step=number(step),
        format="%d" if whole else "%g",
        key=key,
        help=help_text(info),
    )


def bound(info: FieldInfo, *rules: str) -> float | None:
    """The value of the first of these rules (``"ge"``, ``"gt"``, ...) that a field has."""
    for rule in info.metadata:
        for name in rules:
            found = getattr(rule, name, None)
            if found is not None:
                return found
    return None


def step_for(value: float) -> float:
    """A step for a number's buttons: a tenth of its own size, as a power of ten."""
    return 10.0 ** math.floor(math.log10(abs(value)) - 0.5) if value else 0.1
