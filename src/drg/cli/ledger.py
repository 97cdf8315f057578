"""``drg ledger``: a year of settlements on disk (台账)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from drg.cli.commands import Verbs
from drg.cli.options import (
    close_option,
    directory_option,
    files_argument,
    help_lang_option,
    hospital_option,
    lang_option,
    names_option,
    output_option,
    quiet_option,
)
from drg.cli.report_options import MAX_ERRORS
from drg.cli.reported import Run, reported
from drg.words import Joined, Sentence, said

if TYPE_CHECKING:
    from drg.ledger import Ledger, LedgerAddition, Stamp
    from drg.ledger.entry import Mode
    from drg.report.statement_text import Language

# Spelled out here so that asking for help imports nothing; ledger.entry.TABLE_KINDS.
_KINDS: Final = ("cases", "payments", "decisions", "scores")
_LEDGER = click.argument("ledger", type=click.Path(path_type=Path, file_okay=False), metavar="LEDGER")
_AS_OF = click.option("--as-of", type=int, metavar="N", help="The state after entry N. [the last]")


@click.group(cls=Verbs)
@help_lang_option
def ledger() -> None:
    """Keep a year of settlements: months arrive, are corrected, special cases are decided later (台账).

    A ledger is a directory of numbered entries that are only ever added to. A correction is a new entry, so
    every past statement can be made again, byte for byte. A run that is interrupted leaves the ledger as it
    was.
    """


def _time(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(Sentence("{text!r} is no time; write 2025-02-05T09:30", text=text)) from None


def _pair(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        hospital, colon, month = text.rpartition(":")
        if not (hospital and colon and month):
            raise click.BadParameter(
                Sentence("{text!r}: write HOSPITAL:MONTH, such as H1:2025-03", text=text)
            )
        pairs.append((hospital, month))
    return pairs


@ledger.command(
    examples=(
        "ledger add 2025/ --scheme demo",
        "ledger add 2025/ priced-2025-01.parquet --by H1 --note 一月",
        "ledger add 2025/ priced-2025-01.parquet --correct",
        "ledger add 2025/ late.parquet --append --note 迟报",
        "ledger add 2025/ corrected.parquet --correct-cases --note 审核更正",
        "ledger add 2025/ --empty H1:2025-01",
        "ledger add 2025/ payments.xlsx --kind payments",
        "ledger add 2025/ payments.xlsx --kind payments --replace 5",
    )
)
@_LEDGER
@files_argument(required=False, metavar="[FILE]...")
@click.option("-s", "--scheme", help="Add the payment scheme: an id (see: drg schemes) or a directory.")
@click.option("--kind", type=click.Choice(_KINDS), default=_KINDS[0], help="What FILE holds. [cases]")
@click.option(
    "--correct",
    is_flag=True,
    help="Cases: replace all cases of exactly the hospitals and months in FILE. Scheme: replace it.",
)
@click.option(
    "--replace-months",
    "replaces_cases",
    type=click.IntRange(min=0),
    metavar="N",
    help="Cases: as --correct, where a month loses many cases; N: how many the ledger has of these months.",
)
@click.option(
    "--append", is_flag=True, help="Cases: FILE holds cases that came late, of months that are there."
)
@click.option(
    "--correct-cases", is_flag=True, help="Cases: FILE holds single cases, in place of the same ones."
)
@click.option("--empty", multiple=True, callback=_pair, metavar="HOSPITAL:MONTH", help="Take out a month.")
@click.option("--replace", type=int, metavar="N", help="Tables: put FILE in the place of entry N.")
@click.option("--again", is_flag=True, help="Tables: count a file that is there already once more.")
@click.option("--by", help="Who adds it; is noted.")
@click.option("--note", help="Why; is noted.")
@click.option("--at", callback=_time, metavar="TIME", help="When, such as 2025-02-05T09:30. [now]")
@reported(MAX_ERRORS)
def add(run: Run, ledger: Path, files: tuple[Path, ...], **options: Any) -> None:
    """Add one entry: the scheme first, then priced cases (what drg price writes) and tables.

    All of FILE comes in or none of it. Refused are months of a hospital that are there already (see
    --correct), cases that are there already, cases of another scheme, and tables with rows that cannot be
    used.
    """
    from drg.ledger import Ledger, Stamp

    stamp = Stamp(*(options.pop(name) for name in ("at", "by", "note")))
    scheme = options.pop("scheme")
    _check_use(files, scheme, options)
    added = _begin(ledger, scheme, stamp, options) if scheme else _add(Ledger(ledger), files, stamp, options)
    run.stands = Sentence("Entry {number} was added all the same.", number=added.entry.number)
    run.inputs += files
    run.outputs.append(ledger)
    run.cases = added.entry.rows if files and options["kind"] == _KINDS[0] else None
    run.findings.update((finding.rule, finding.severity) for finding in added.findings)
    if run.talks:
        from drg.report.ledger import print_added

        print_added(run.console, added, run.language)


def _check_use(files: tuple[Path, ...], scheme: str | None, options: dict[str, Any]) -> None:
    """Refuse options that do not go together: one entry at a time."""
    table = options["kind"] != _KINDS[0]
    ways = {
        "--correct": options["correct"],
        "--replace-months": options["replaces_cases"] is not None,
        "--append": options["append"],
        "--correct-cases": options["correct_cases"],
    }
    chosen = [name for name, is_chosen in ways.items() if is_chosen]
    if len(chosen) > 1:
        names = Joined(" and ", chosen[:2])
        raise click.UsageError(Sentence("{names} are different things: give one of them.", names=names))
    if chosen and chosen[0] != "--correct" and (scheme or table or not files):
        raise click.UsageError(Sentence("{name} is for a FILE of cases.", name=chosen[0]))
    if options["empty"] and (options["append"] or options["correct_cases"]):
        raise click.UsageError(Sentence("{name} and --empty do not go together.", name=chosen[0]))
    if scheme and (files or options["empty"] or table):
        raise click.UsageError(Sentence("Add the scheme by itself, then the files."))
    if not (scheme or files or options["empty"]):
        raise click.UsageError(Sentence("Give a FILE, or --scheme to begin a ledger."))
    if table and len(files) != 1:
        raise click.UsageError(Sentence("Give one file of {kind} at a time.", kind=options["kind"]))
    if table and (options["correct"] or options["empty"]):
        raise click.UsageError(
            Sentence(
                "--correct and --empty are for cases; to correct {kind}, give --replace N.",
                kind=options["kind"],
            )
        )
    if not table and (options["again"] or options["replace"] is not None):
        raise click.UsageError(
            Sentence("--replace and --again are for tables; to correct cases, give --correct.")
        )


def _begin(ledger: Path, scheme: str, stamp: Stamp, options: dict[str, Any]) -> LedgerAddition:
    """Add a scheme; if it is the first entry, make the ledger, but not for a scheme that cannot be used."""
    from drg.ledger import Ledger
    from drg.payment import load_scheme

    loaded = load_scheme(scheme)
    return Ledger.create(ledger).add_scheme(loaded, correct=options["correct"], stamp=stamp)


def _add(book: Ledger, files: tuple[Path, ...], stamp: Stamp, options: dict[str, Any]) -> LedgerAddition:
    if options["kind"] == _KINDS[0]:
        mode: Mode = (
            "append" if options["append"] else "single_cases" if options["correct_cases"] else "months"
        )
        replaces = options["replaces_cases"]
        return book.add_cases(
            files,
            correct=options["correct"] or replaces is not None,
            mode=mode,
            replaces_cases=replaces,
            empty=options["empty"],
            stamp=stamp,
        )
    replaces, again = options["replace"], options["again"]
    return book.add_table(options["kind"], files[0], replaces=replaces, again=again, stamp=stamp)


def _day(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(Sentence("{text!r} is no day; write 2026-03-31", text=text)) from None


_ON = click.option("--on", callback=_day, metavar="DATE", help="The day as of which it is told. [today]")


@ledger.command(examples=("ledger status 2025/", "ledger status 2025/ --on 2026-07-01 --json"))
@_LEDGER
@_ON
@_AS_OF
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@lang_option
def status(ledger: Path, on: date | None, as_of: int | None, as_json: bool, lang: str) -> None:
    """Show which months of how many hospitals are in, what was corrected, what is missing, what is late.

    What is late is told if the scheme has due dates; each amount: drg ledger due.
    """
    from drg.cli.ledger_status import show_status
    from drg.ledger import Ledger

    show_status(Ledger(ledger), as_of, on, lang, as_json=as_json)


@ledger.command(
    examples=(
        "ledger due 2025/ --on 2026-07-01",
        "ledger due 2025/ --holidays holidays.csv -o due.xlsx",
    )
)
@_LEDGER
@_ON
@click.option(
    "--holidays",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Public holidays and weekend days that are worked (节假日表): date 日期, working 是否工作日.",
)
@output_option("Also write all amounts here: .xlsx, .csv or .parquet.", required=False)
@_AS_OF
@close_option
@reported(MAX_ERRORS)
def due(
    run: Run,
    ledger: Path,
    on: date | None,
    holidays: Path | None,
    output: Path | None,
    as_of: int | None,
    close: bool | None,
) -> None:
    """Show what is late and what is due next: payments of months, and of the clearing (应付与逾期).

    The scheme says by when: [settlement.due]. Payments cover the oldest amount first; months below zero, as
    after an audit deduction, are offset.
    """
    from drg.cli.ledger_due import show_due
    from drg.ledger import Ledger

    show_due(run, Ledger(ledger), on, holidays, output, as_of, close=close)


@ledger.command(
    examples=(
        "ledger statement 2025/ -o statements/",
        "ledger statement 2025/ -o old/ --as-of 7",
    )
)
@_LEDGER
@directory_option("Directory to write.")
@_AS_OF
@hospital_option
@names_option
@lang_option
@close_option
@quiet_option
def statement(
    ledger: Path,
    directory: Path,
    as_of: int | None,
    hospitals: tuple[str, ...],
    names_file: Path | None,
    lang: Language,
    close: bool | None,
    quiet: bool,
) -> None:
    """Settle the state after an entry and write the statements (结算单); the same bytes each time.

    Every stored file is checked first; if one was changed behind the ledger's back, nothing is settled.
    """
    from drg.cli.ledger_statement import write_statement_of
    from drg.ledger import Ledger

    write_statement_of(
        Ledger(ledger), directory, as_of, hospitals, lang, names_file, close=close, quiet=quiet
    )


@ledger.command()
@_LEDGER
@click.option("--expect", metavar="SEAL", help="An entry that must be there, by the seal that was noted.")
@lang_option
@quiet_option
@click.pass_context
def verify(context: click.Context, ledger: Path, expect: str | None, lang: str, quiet: bool) -> None:
    """Check every byte and every count; the exit code is 1 if something is wrong."""
    from drg.ledger import Ledger
    from drg.records.findings import ERROR
    from drg.report.console import stdout
    from drg.report.ledger import print_each

    book = Ledger(ledger)
    findings = book.verify(expect=expect)
    errors = findings.filter(severity=ERROR)
    print_each(stdout(), errors if quiet else findings, lang)
    if not errors.is_empty():
        context.exit(1)
    if not quiet:
        months, entries = book.months(), book.entries()
        count, cases = f"{len(entries):,}", f"{int(months['cases'].sum()):,}"
        click.echo(
            said(
                "All is as it was written: {count} entries, {cases} cases, each once.",
                lang,
                count=count,
                cases=cases,
            )
        )


@ledger.command(
    examples=(
        "ledger restore 2025/ 3 priced-2025-01.parquet",
        "ledger restore 2025/ 3 backup/cases.parquet",
    )
)
@_LEDGER
@click.argument("number", type=int)
@files_argument(required=False, metavar="[FILE]...")
@lang_option
def restore(ledger: Path, number: int, files: tuple[Path, ...], lang: str) -> None:
    """Put damaged files of entry NUMBER back.

    FILE is what was added then, unchanged, or a copy of the damaged file from a backup. Only what gives the
    very bytes that the entry knows is put in place.
    """
    from drg.ledger import Ledger

    names = Ledger(ledger).restore(number, files)
    if names:
        put = ", ".join(names)
        click.echo(said("Put back: {put}.", lang, put=put))
    else:
        click.echo(said("Nothing was damaged in entry {number}.", lang, number=number))
