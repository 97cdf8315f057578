"""Layout files: those that come with the package, and those that users write."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from drg.errors import InputError, did_you_mean, system_reason
from drg.records.layout import CANONICAL, Layout, Source, Table, Where, canonical_layout
from drg.words import Joined, Sentence

_SHIPPED: Final = Path(__file__).parent / "layouts"


@lru_cache(maxsize=1)
def shipped_layouts() -> dict[str, Layout]:
    """The layouts that come with the package, by id; the canonical one is the first."""
    layouts = {file.stem: read_layout(file) for file in sorted(_SHIPPED.glob("*.toml"))}
    return {CANONICAL: canonical_layout(), **layouts}


def find_layout(layout: str | Path | Layout) -> Layout:
    """A layout by its id, or by the path of its file.

    Raises:
        InputError: there is none of that id, or the file is not a valid layout.
    """
    if isinstance(layout, Layout):
        return layout
    if isinstance(layout, Path) or layout.lower().endswith(".toml"):
        return read_layout(Path(layout))
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


def read_layout(file: Path) -> Layout:
    """Reads and checks a layout file.

    Raises:
        InputError: there is no such file, or it is not valid; names the entry and the remedy.
    """
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
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
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            Sentence("not valid TOML: {reason}", reason=str(error)),
            file=file,
            fix=Sentence('Write each entry on its own line as key = "text" or key = ["text", "text"]'),
        ) from None
    if "based_on" in data:
        data = _completed(data, file)
    try:
        return Layout.model_validate(data)
    except ValidationError as error:
        raise _readable(error.errors(include_url=False)[0], data, file) from None


def _completed(data: dict[str, Any], file: Path) -> dict[str, Any]:
    """The entries of a layout, and those of the layout that it is based on for all other columns."""
    bases = shipped_layouts()
    wrong = data["based_on"]
    if wrong not in bases:
        hint = did_you_mean(str(wrong), bases)
        raise InputError(
            Sentence("there is no layout {wrong!r} to be based on", wrong=wrong),
            file=file,
            field="based_on",
            fix=Joined(" ", (hint, Sentence("Give one of {names}", names=Joined(", ", bases)))),
        )
    base = bases[wrong].model_dump(exclude_unset=True)
    own = data.get("field", [])
    named = {entry.get("column") for entry in own if isinstance(entry, dict)}
    rest = [entry for entry in base["field"] if entry["column"] not in named]
    return {"blank": base.get("blank", ()), "table": base.get("table", ()), **data, "field": [*own, *rest]}


_ENTRIES: Final[dict[str, type[BaseModel]]] = {"field": Source, "table": Table, "where": Where, "keep": Where}
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


def _readable(error: ErrorDetails, data: dict[str, Any], file: Path) -> InputError:
    """One finding of the model, in the words of the person who writes the file."""
    place: list[str] = []
    model: type[BaseModel] = Layout
    entry: Any = data
    for step in error["loc"]:
        if isinstance(step, int):
            entry = entry[step] if isinstance(entry, list | tuple) and step < len(entry) else None
            column = entry.get("column", entry.get("name", "")) if isinstance(entry, dict) else ""
            place[-1] += f" {step + 1}" + (f" ({column})" if column else "")
        else:
            place.append(step)
            model = _ENTRIES.get(step, model)
            entry = entry.get(step) if isinstance(entry, dict) else None
    key = next((step for step in reversed(error["loc"]) if isinstance(step, str)), "")
    if error["type"] == "layout":
        context = error["ctx"]
        where = Joined(", ", [*place, context["field"]])
        return InputError(
            Sentence("{where}: {problem}", where=where, problem=context["problem"]),
            file=file,
            fix=context["fix"],
        )
    where = Joined(", ", place)
    if error["type"] == "extra_forbidden":
        known = model.model_fields
        fix: Sentence = Joined(
            " ", (did_you_mean(key, known), Sentence("Known keys: {names}", names=Joined(", ", known)))
        )
        return InputError(Sentence("{where}: unknown key", where=where), file=file, fix=fix)
    example = _EXAMPLES.get(key)
    fix = (
        Sentence("Write it like this: {example}", example=example)
        if example
        else Sentence("See the page on layouts in the documentation")
    )
    if error["type"] == "missing":
        return InputError(Sentence("{where} is missing", where=where), file=file, fix=fix)
    return InputError(
        Sentence(
            "{where}: {value!r} is not possible: {reason}",
            where=where,
            value=error["input"],
            reason=error["msg"],
        ),
        file=file,
        fix=fix,
    )
