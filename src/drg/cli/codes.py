"""``drg codes``: look for codes of diagnoses and procedures."""

from __future__ import annotations

import click

from drg.cli.commands import verb
from drg.cli.options import lang_option
from drg.words import Sentence

# Spelled out here so that asking for help imports nothing; records.code_search.KINDS.
_KINDS = ("diagnosis", "procedure")
_SHOWN = 20


@verb(
    "codes 胆囊",
    "codes K80",
    "codes dannang jieshi",
    "codes dnqc --kind procedure",
)
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option("--kind", type=click.Choice(_KINDS), help="Only diagnoses, or only procedures. [both]")
@click.option("--all", "everything", is_flag=True, help=f"Show all that is found, not the first {_SHOWN}.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all that is found.")
@lang_option
def codes(words: tuple[str, ...], kind: str | None, everything: bool, as_json: bool, lang: str) -> None:
    """Look for diagnoses and procedures: by the beginning of a code, or by name.

    A WORD of a name is a part of it (胆囊), its pinyin (dannang) or the initials (dn); of several words all
    have to fit. Codes are those of the insurance version (医保版). Beside them stand the clinical ones
    (国临版) of the same meaning where these are others; a clinical code that begins so is listed with its
    insurance counterpart.
    """
    import json
    from dataclasses import asdict

    from drg.errors import InputError
    from drg.records.code_search import KINDS, search_codes
    from drg.report.console import echo_json, stdout
    from drg.report.found_codes import print_codes

    query = " ".join(words)
    found = search_codes(query, [one for one in KINDS if kind in (None, one)])
    if as_json:
        echo_json(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    elif found:
        print_codes(stdout(), found, lang, limit=None if everything else _SHOWN)
    else:
        raise InputError(
            Sentence("there is no code or name like {query!r}", query=query),
            fix=Sentence("Give the beginning of a code, or a part of a name in characters or pinyin"),
        )
