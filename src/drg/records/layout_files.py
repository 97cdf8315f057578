"""Layout files: those that come with the package, and those that users write."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from drg.errors import InputError, did_you_mean, system_reason
from drg.records.layout import CANONICAL, Layout, Source, Table, Where, canonical_layout
from drg.records.plain_files import read_bytes
from drg.records.toml_files import told_errors
from drg.words import Joined, Sentence

_SHIPPED: Final = Path(__file__).parent / "layouts"


@lru_cache(maxsize=1)
def shipped_layouts() -> dict[str, Layout]:
    """The layouts that come with the package, by id; the canonical one is the first."""
    layouts = {file.stem: read_layout(file) for file in sorted(_SHIPPED.glob("*.toml"))}
    return {CANONICAL: canonical_layout(), **layouts}


def find_layout(layout: str | Path | Layout, kind: type[Layout] = Layout) -> Layout:
    """A layout by its id, or by the path of its file.

    Raises:
        InputError: there is none of that id, or the file is not a valid layout.
    """
    if isinstance(layout, Layout):
        return layout
    if isinstance(layout, Path) or layout.lower().endswith(".toml"):
        return read_layout(Path(layout), kind)
    known = shipped_layouts()
    if layout not in known:
        raise InputError(
            Sentence("there is no layout {layout!r}", layout=layout),
            fix=Joined(
                " ",
                (
                    did_you_mean(layout, known),
                    Sentence(
                        "Give one of {names}, or the path of your own ending in .toml",
                        names=Joined(", ", known),
                    ),
                ),
            ),
        )
    return known[layout]


def read_layout(file: Path, kind: type[Layout] = Layout) -> Layout:
    """Reads and checks a layout file.

    Raises:
        InputError: there is no such file, or it is not valid; names the entry and the remedy.
    """
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            Sentence("the layout cannot be read: {reason}", reason=system_reason(error)),
            file=file,
            fix=Sentence("Check the path"),
        ) from None
    except UnicodeDecodeError:
        raise InputError(
            Sentence("the layout is not UTF-8 text"), file=file, fix=Sentence("Save the file as UTF-8")
        ) from None
    fix = Sentence('Write each entry on its own line as key = "text" or key = ["text", "text"]')
    try:
        with told_errors(text, InputError, file, fix):
            return _layout(tomllib.loads(text), kind)
    except InputError as error:
        error.file = str(file)
        raise


def entries(part: Layout | Table | Source | Where) -> dict[str, Any]:
    """What a file says of a layout, or of a part of one: what differs from the default."""
    said = {}
    for field in fields(part):
        value = getattr(part, field.name)
        usual = field.default if field.default_factory is MISSING else field.default_factory()
        if value != usual:
            said[field.name] = _said(value)
    return said


def _said(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_said(one) for one in value]
    return entries(value) if isinstance(value, Layout | Table | Source | Where) else value


def _layout(data: dict[str, Any], kind: type[Layout]) -> Layout:
    """A layout, completed by the entries of the one that it is based on for all other columns."""
    if "based_on" not in data:
        return cast("Layout", _made(kind, _values(kind, data, ""), ""))
    bases = shipped_layouts()
    wrong = data["based_on"]
    if wrong not in bases:
        hint = did_you_mean(str(wrong), bases)
        raise InputError(
            Sentence("there is no layout {wrong!r} to be based on", wrong=wrong),
            field="based_on",
            fix=Joined(" ", (hint, Sentence("Give one of {names}", names=Joined(", ", bases)))),
        )
    base = bases[wrong]
    values = {
        "blank": base.blank,
        "unused": base.unused,
        "table": base.table,
        **_values(kind, {"field": [], **data}, ""),
    }
    named = {source.column for source in values["field"]}
    rest = (source for source in base.field if source.column not in named)
    return cast("Layout", _made(kind, {**values, "field": (*values["field"], *rest)}, ""))


_A_LIST: Final = Sentence("a list")
_A_FULL_LIST: Final = Sentence("a list of one value or more")
_EXAMPLES: Final = {
    "id": 'id = "county-hospital"',
    "title": 'title = "Export of the county hospital"',
    "title_zh": 'title_zh = "县医院导出"',
    "field": '[[field]]\n    column = "sex"\n    names = ["XB", "性别"]\n    conversion = "sex"',
    "column": 'column = "sex"',
    "names": 'names = ["XB", "性别"]',
    "parts": 'parts = [["BAH"], ["ZYCS"]]',
    "conversion": 'conversion = "sex"',
    "blank": 'blank = ["-", "无"]',
    "values": 'values = { "一级" = "1" }',
    "unit": 'unit = "kg"',
}


def _values(kind: type, data: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The entries of a table of TOML, each as the field of that name in a dataclass asks for it."""
    known = {field.name: field for field in fields(kind)}
    for key in data:
        if key not in known:
            keys = Sentence("Known keys: {names}", names=Joined(", ", known))
            raise InputError(
                Sentence("{where}: unknown key", where=_inside(place, key)),
                fix=Joined(" ", (did_you_mean(key, known), keys)),
            )
    for name, field in known.items():
        if name not in data and field.default is MISSING and field.default_factory is MISSING:
            raise InputError(Sentence("{where} is missing", where=_inside(place, name)), fix=_example(name))
    return {
        name: _READERS[str(known[name].type)](value, _inside(place, name)) for name, value in data.items()
    }


def _table_of(kind: type) -> Callable[[Any, str], Any]:
    """What reads a table of TOML as a dataclass."""

    def entry(value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            raise _impossible(value, place, Sentence("a table of entries"))
        return _made(kind, _values(kind, value, place), place)

    return entry


def _made(kind: type, values: Mapping[str, Any], place: str) -> Any:
    """The dataclass, which checks whether its fields go together."""
    try:
        return kind(**values)
    except InputError as error:
        where = _inside(place, error.field or "")
        problem = Sentence("{where}: {problem}", where=where, problem=error.problem)
        raise InputError(problem, fix=error.fix) from None


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise _impossible(value, place, Sentence("text in quotes"))
    return value


def _some_text(value: Any, place: str) -> str:
    if not _text(value, place):
        raise _impossible(value, place, Sentence("text in quotes that is not empty"))
    return str(value)


def _id(value: Any, place: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", _text(value, place)):
        raise _impossible(value, place, Sentence("small letters, digits and . _ -"))
    return str(value)


def _listed(read: Callable[[Any, str], Any], least: int = 0) -> Callable[[Any, str], tuple[Any, ...]]:
    """What reads a list, of at least so many values."""

    def values(value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) < least:
            raise _impossible(value, place, _A_LIST if least == 0 else _A_FULL_LIST)
        return tuple(read(one, f"{place} {number}{_called(one)}") for number, one in enumerate(value, 1))

    return values


def _words(value: Any, place: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _impossible(value, place, Sentence("a table of entries"))
    return {key: _text(word, _inside(place, key)) for key, word in value.items()}


def _number(value: Any, place: str) -> int:
    if type(value) is not int:
        raise _impossible(value, place, Sentence("a whole number"))
    return value


def _flag(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise _impossible(value, place, Sentence("true or false"))
    return value


# What reads a value, by the type of its field as the dataclass spells it.
_READERS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "Id": _id,
    "Text": _some_text,
    "Text | None": _some_text,
    "str": _text,
    "str | None": _text,
    "tuple[str, ...]": _listed(_text),
    "tuple[Text, ...]": _listed(_some_text),
    "Names": _listed(_some_text, least=1),
    "tuple[Names, ...]": _listed(_listed(_some_text, least=1)),
    "dict[str, str]": _words,
    "int": _number,
    "bool": _flag,
    "Where | None": _table_of(Where),
    "tuple[Where, ...]": _listed(_table_of(Where)),
    "tuple[Table, ...]": _listed(_table_of(Table)),
    "tuple[Source, ...]": _listed(_table_of(Source)),
}


def _inside(place: str, key: str) -> str:
    return ", ".join(part for part in (place, key) if part)


def _called(entry: Any) -> str:
    """How to call an entry of a list beside its number."""
    name = entry.get("column", entry.get("name", "")) if isinstance(entry, dict) else ""
    return f" ({name})" if name else ""


def _example(place: str) -> Sentence:
    key = re.sub(r" \d+$", "", place.rpartition(", ")[2])
    example = _EXAMPLES.get(key)
    if example:
        return Sentence("Write it like this: {example}", example=example)
    return Sentence("See the page on layouts in the documentation")


def _impossible(value: Any, place: str, expected: str) -> InputError:
    problem = Sentence(
        "{where}: {value!r} is not possible: {expected} is expected",
        where=place,
        value=value,
        expected=expected,
    )
    return InputError(problem, fix=_example(place))
