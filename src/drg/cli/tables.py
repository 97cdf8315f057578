"""``drg tables``: make, check, compare and read grouper versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from drg.cli.commands import Verbs
from drg.cli.options import grouper_option, help_lang_option, lang_option, output_option
from drg.words import Sentence, said

if TYPE_CHECKING:
    from drg.analysis.tables_diff import TablesDiff

# Spelled out here so that asking for help imports nothing; analysis.tables_diff.WHAT says what they are.
_WHAT: Final = (
    "mdc",
    "adrg",
    "drg",
    "order",
    "split",
    "diagnosis",
    "procedure",
    "set",
    "code",
    "complication",
    "exclusion",
)
_NATIONAL: Final = "national"
_DIRECTORY = click.Path(path_type=Path, file_okay=False)
_OUTPUT = click.option(
    "-o",
    "--output",
    type=_DIRECTORY,
    help="Directory of versions; by default your own, so that the id finds it.",
)


@click.group(cls=Verbs)
@help_lang_option
def tables() -> None:
    """Make, check, compare and read grouper versions.

    Versions are found by id in the directories of the environment variable DRG_TABLES, then in your own
    directory, then among those that come with the package; the first wins.
    """


@tables.command(
    "import", examples=("tables import 按病组（DRG）付费3.0版分组方案配置信息.xlsx --id chs-drg-3.0",)
)
@click.argument("workbook", type=click.Path(path_type=Path))
@click.option("--id", "id_", required=True, help="Id of the new version, such as chs-drg-3.0.")
@_OUTPUT
@click.option("--title", help="Title of the version; by default what the workbook calls itself.")
@click.option("--authority", default="国家医疗保障局", help="Who publishes the workbook. [国家医疗保障局]")
@click.option("--partial", is_flag=True, help="Leave out groups whose sets the workbook lacks.")
@click.option("--no-amendments", is_flag=True, help="Do not add the rows that the workbook is known to lack.")
@lang_option
def import_(
    workbook: Path,
    id_: str,
    output: Path | None,
    title: str | None,
    authority: str,
    partial: bool,
    no_amendments: bool,
    lang: str,
) -> None:
    """Turn the national CHS-DRG 3.0 configuration workbook into a version.

    Both published editions are read. What was read is printed against the published counts.
    """
    from drg.report.console import stdout
    from drg.report.tables_report import print_import
    from drg.tables.importing import import_workbook

    imported = import_workbook(
        workbook,
        id_,
        output,
        title=title,
        authority=authority,
        partial=partial,
        amendments=not no_amendments,
    )
    print_import(stdout(), imported, lang)


@tables.command(
    examples=(
        "tables check chs-drg-2.0",
        "tables check ./mycity --format csv",
    )
)
@click.argument("grouper")
@click.option("--all", "everything", is_flag=True, help="Show every finding, not the first of each kind.")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", help="[text]")
@click.option("--strict", is_flag=True, help="Fail if there are warnings too.")
@lang_option
@click.pass_context
def check(context: click.Context, grouper: str, everything: bool, form: str, strict: bool, lang: str) -> None:
    """Look for what the tables of GROUPER, an id or a directory, say that nobody meant.

    Exit code 1 if there are errors.
    """
    from drg.analysis.tables_check import check_tables
    from drg.records.codes import DIAGNOSIS, PROCEDURE, code_names
    from drg.report.console import echo_json, stdout
    from drg.report.tables_report import print_check
    from drg.tables import find, load_tables

    found = check_tables(
        load_tables(grouper),
        directory=find(grouper),
        diagnoses=code_names(DIAGNOSIS)["code"],
        procedures=code_names(PROCEDURE)["code"],
    )
    if form == "csv":
        click.echo(found.explained().write_csv(), nl=False)
    elif form == "json":
        echo_json(found.explained().write_json())
    else:
        print_check(stdout(), found, lang, limit=None if everything else 5)
    context.exit(0 if found.passed(strict=strict) else 1)


@tables.command(
    examples=(
        "tables diff chs-drg-1.1 chs-drg-2.0",
        "tables diff chs-drg-1.1 chs-drg-2.0 --details split --details diagnosis",
    )
)
@click.argument("before")
@click.argument("after")
@click.option("--details", multiple=True, type=click.Choice(_WHAT), help="Show these changes; repeatable.")
@click.option("--all", "everything", is_flag=True, help="Show all of them, not the first 20.")
@output_option("Write every change to a .csv or .json file.", required=False)
@lang_option
def diff(
    before: str, after: str, details: tuple[str, ...], everything: bool, output: Path | None, lang: str
) -> None:
    """What a person must know who switches from BEFORE to AFTER, ids or directories."""
    from drg.analysis.tables_diff import diff_tables
    from drg.report.console import stdout, written_to
    from drg.report.tables_report import print_diff
    from drg.tables import load_tables

    found = diff_tables(load_tables(before), load_tables(after))
    console = stdout()
    print_diff(console, found, lang, details=details, limit=None if everything else 20)
    if output is not None:
        _write_diff(found, output)
        written_to(console, output, lang)


def _write_diff(found: TablesDiff, output: Path) -> None:
    import json

    from drg.errors import OutputError
    from drg.records.files import write, write_bytes

    ending = output.suffix.lower()
    if ending not in (".csv", ".json"):
        raise OutputError(
            Sentence("a comparison cannot be written as {ending!r}", ending=ending),
            file=output,
            fix=Sentence("End it in .csv or .json"),
        )
    if ending == ".csv":
        write(found.changes.lazy(), output, sources=())
        return
    content = {
        "before": found.before.id,
        "after": found.after.id,
        "counts": found.counts.to_dicts(),
        "changes": found.changes.to_dicts(),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_bytes(text.encode(), output, sources=())


@tables.command(
    examples=(
        "tables show BR1",
        "tables show DI_BR1 --codes",
        "tables show I63.900 -g chs-drg-1.1",
        "tables show chs-drg-2.0 青光眼",
        "tables show qgy",
    )
)
@click.argument("words", nargs=-1, required=True, metavar="[VERSION] ITEM")
@grouper_option("Id of a version or its directory. [the newest of the series national]", required=False)
@click.option("--codes", is_flag=True, help="Show every code of every set.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@lang_option
def show(words: tuple[str, ...], grouper: str | None, codes: bool, as_json: bool, lang: str) -> None:
    """Show ITEM: an MDC, ADRG or DRG, a set, or a code.

    If it is none of them, the groups whose code begins so are listed, or those of such a name: 青光眼, its
    pinyin qingguangyan or the initials qgy. VERSION is another way to write -g.
    """
    import json
    from dataclasses import asdict

    from drg.analysis import tables_show
    from drg.analysis.tables_search import search_groups
    from drg.errors import TablesError
    from drg.report.console import echo_json, stdout
    from drg.report.found_codes import print_groups
    from drg.report.tables_report import print_show
    from drg.tables import load_tables
    from drg.tables.names import name_lookup

    *first, item = words
    if len(first) > (grouper is None):
        raise click.UsageError(Sentence("Give one ITEM, and before it or with -g at most one VERSION."))
    chosen = grouper or (first[0] if first else _national())
    version = load_tables(chosen)
    names = name_lookup(chosen)
    try:
        found = tables_show.show(version, item, lambda code: names.get(code, ""))
    except TablesError:
        groups = search_groups(version, item)
        if not groups:
            raise
        if as_json:
            echo_json(json.dumps([asdict(group) for group in groups], ensure_ascii=False, indent=1))
        else:
            print_groups(stdout(), groups, version.manifest.id, lang)
        return
    if as_json:
        echo_json(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    else:
        print_show(stdout(), found, version.manifest.id, lang, limit=None if codes else 5)


def _national() -> str:
    """The id of the newest national version: the last to come into force, whatever it is called."""
    from drg.tables import find_series

    national = find_series(_NATIONAL)
    if national is None:
        raise click.UsageError(
            Sentence(
                "No version of the series {series} is installed: name a version with -g.",
                series=_NATIONAL,
            )
        )
    return national.newest.id


@tables.command(
    examples=(
        "tables new mycity-2026 --based-on chs-drg-2.0",
        "tables new mycity-2026 --based-on chs-drg-2.0 --from six-tables/",
    )
)
@click.argument("id_", metavar="ID")
@click.option(
    "--based-on", "base", required=True, help="Id or directory of the version from which it differs."
)
@_OUTPUT
@click.option("--from", "full", type=_DIRECTORY, help="Directory with all six tables of the new version.")
@click.option("--title", help="Title of the version; by default its id.")
@lang_option
def new(id_: str, base: str, output: Path | None, full: Path | None, title: str | None, lang: str) -> None:
    """Write the smallest version ID that differs from another one: only its manifest and the changes."""
    from drg.report.console import say, stdout
    from drg.tables.create import new_version
    from drg.tables.locate import called
    from drg.tables.table_layout import CHANGE, TABLES

    directory = new_version(id_, base, output, full=full, title=title)
    console = stdout()
    for table in TABLES:
        file = directory / table.file
        if file.is_file():
            say(
                console,
                said("{file}: {rows:,} changes", lang, file=table.file, rows=_rows(file)),
            )
    if full is None:
        columns = ", ".join((CHANGE, *TABLES[2].columns))
        name = TABLES[2].file
        say(
            console,
            said(
                "Write what differs into {name} and so on, with columns {columns};\n"
                "{change} is add, remove or replace.",
                lang,
                name=name,
                columns=columns,
                change=CHANGE,
            ),
        )
    id_ = called(directory)
    say(
        console,
        said("Written to {directory}; group with --grouper {id}", lang, directory=directory, id=id_),
    )


def _rows(file: Path) -> int:
    from drg.records.exact_paths import read_csv

    return read_csv(file, infer_schema=False).height
