"""What every run of a command leaves for machines: a summary, a log, and whether its gates let it pass."""

from __future__ import annotations

import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cached_property, wraps
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TextIO, cast

import click

from drg.cli.options import Decorator, lang_option, quiet_option
from drg.cli.report_options import ALWAYS, OPTIONS, STANDARD, Asked
from drg.cli.standard_input import with_its_name
from drg.errors import DrgError
from drg.records.standard_input import name_of
from drg.words import Both, Joined, Sentence

if TYPE_CHECKING:
    from rich.console import Console

    from drg.benefit.load import LoadedBenefitScheme
    from drg.cli.gates import Gate
    from drg.cli.held_console import HeldText
    from drg.grouping import AnyGrouper
    from drg.payment.load_scheme import LoadedScheme
    from drg.records.columns_read import Reading
    from drg.records.discharges import Discharges
    from drg.records.findings import FirstFindings
    from drg.report.run_summary import Result, RunSummary

# The exit code of a run whose result was written, but did not pass a gate.
GATE_FAILED: Final = 3


def reported(*gates: str, output: str = "output") -> Decorator:
    """Add the options, with those of language and quiet, and give the command its ``Run`` as ``run``.

    Args:
        gates: those that the command can be held to, beside the number of cases.
        output: the argument of the command that may be standard output.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run_reported(**options: Any) -> None:
            from drg.records.outputs import together

            asked = Asked(**{one.name: options.pop(one.name, None) for one in fields(Asked)})
            language, quiet = options.pop("lang"), options.pop("quiet")
            with Run(asked, language, quiet, options.get(output)) as run:
                with together():
                    command(run=run, **options)
                    run.finish()
                run.say_it()
            if run.exit_code:
                click.get_current_context().exit(run.exit_code)

        decorated: Callable[..., None] = lang_option(quiet_option(run_reported))
        for name, option in reversed(OPTIONS.items()):
            if name in ALWAYS or name in gates:
                decorated = option(decorated)
        return decorated

    return decorate


class Sums(NamedTuple):
    """Totals in yuan.

    Attributes:
        payment: what is paid.
        cost: of all cases.
        priced_cost: of those that are priced.
        surplus: of those that are priced.
    """

    payment: Decimal
    cost: Decimal
    priced_cost: Decimal
    surplus: Decimal


class Made(NamedTuple):
    """What one version, with its scheme, made of the cases.

    Attributes:
        grouper: the version or series, if it was known before.
        scheme: the payment or benefit scheme, if there is one.
        statuses: cases by grouping status, if they were counted.
        case_classes: cases by case class, if they were priced.
        money: totals in yuan, if there are any.
        measures: the statistical quality by measure, if it was measured.
    """

    grouper: AnyGrouper | None = None
    scheme: LoadedScheme | LoadedBenefitScheme | None = None
    statuses: Mapping[str, int] | None = None
    case_classes: Mapping[str, int] | None = None
    money: Sums | None = None
    measures: Mapping[str, int | float | None] | None = None


def _no_firsts() -> FirstFindings:
    from drg.records.findings import FirstFindings

    return FirstFindings()


@dataclass
class Run:
    """One run of a command: what it says, what it counts, and what becomes of that at the end.

    Attributes:
        asked: for what.
        language: of the messages.
        quiet: whether the user wants no summary.
        output: where the result goes.
        inputs: the files that were read.
        outputs: what was written.
        sources: the discharges or results that were read.
        cases: how many there are; None if the command counts none.
        results: what each version made of them.
        findings: by rule and severity.
        firsts: the first finding of each rule.
        exit_code: 0, or 3 if a gate failed.
        stands: what was done for good, whatever fails afterwards.
    """

    asked: Asked
    language: Literal["zh", "en"]
    quiet: bool
    output: Path | None = None
    inputs: list[Path] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)
    sources: list[Discharges] = field(default_factory=list)
    cases: int | None = None
    results: list[Made] = field(default_factory=list)
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)
    firsts: FirstFindings = field(default_factory=_no_firsts)
    exit_code: int = 0
    stands: Sentence | None = None
    _log: io.StringIO = field(default_factory=io.StringIO)
    _started: float = field(default_factory=perf_counter)

    def __enter__(self) -> Run:
        from drg.records.files import check_place

        if self.asked.json_file == self.output == STANDARD:
            raise click.UsageError(Sentence("Only one of --output and --json can be standard output."))
        for file in (self.asked.json_file, self.asked.log_file):
            if file is not None and file != STANDARD:
                check_place(file)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DrgError):
            with_its_name(error)
            message = Sentence("Error: {message}", message=error.text(self.language))
            self._log.write(f"{message.to(self.language)}\n")
            if self.stands is not None:
                self.tell(self.stands)
            self._write_log()

    @property
    def talks(self) -> bool:
        """Whether a summary is wanted, on the screen or in the log."""
        return not self.quiet or self.asked.log_file is not None

    @property
    def counts_findings(self) -> bool:
        """Whether somebody wants to know the findings, be it only their number."""
        return self.asked.json_file is not None or self.asked.max_errors is not None

    @property
    def seconds(self) -> float:
        """Since the start."""
        return perf_counter() - self._started

    @cached_property
    def console(self) -> Console:
        """Where the summary goes: standard output, unless the result goes there; kept for the log."""
        from drg.report.console import console

        return console(
            silent=self.quiet, file=cast("TextIO", self._screen), record=self.asked.log_file is not None
        )

    @cached_property
    def _screen(self) -> HeldText:
        from drg.cli.held_console import HeldText

        return HeldText(sys.stderr if STANDARD in (self.output, self.asked.json_file) else sys.stdout)

    def warn(self, warnings: Iterable[str]) -> None:
        """Say what nobody may overlook, also to those who asked for quiet."""
        for warning in warnings:
            self.tell(Sentence("Warning: {warning}.", warning=warning))

    def tell(self, sentence: Sentence) -> None:
        """Say something on standard error, also to those who asked for quiet."""
        text = sentence.to(self.language)
        self._take_console()
        self._log.write(f"{text}\n")
        click.echo(text, err=True)

    def take_json(self) -> Path | None:
        """The file of ``--json``, for something else than the summary."""
        file = self.asked.json_file
        self.asked = replace(self.asked, json_file=None)
        return file

    def read(self, reading: Reading) -> None:
        """Count what was found in reading discharges, and show it."""
        from drg.report.layouts import print_columns

        self.read_files(reading.discharges)
        self.findings.update(reading.counts)
        self.firsts.add(reading.discharges.remarks)
        if self.talks:
            print_columns(self.console, reading, self.language)
        self.warn(reading.other_editions)
        self.warn_of_missing(reading.missing)

    def warn_of_missing(self, columns: Sequence[str]) -> None:
        """Say once which columns are missing and so count as not known."""
        from drg.columns import ALL

        if columns:
            names = Joined(", ", (Both(name, f"{ALL[name].label_zh} {name}") for name in columns))
            self.warn([Sentence("there is no column {names}; it counts as not known", names=names)])

    @property
    def reading_counts(self) -> dict[tuple[str, str], int]:
        """The findings on the files as a whole, by rule and severity."""
        found: Counter[tuple[str, str]] = Counter()
        for source in self.sources:
            found.update(source.remark_counts)
        return dict(found)

    def read_files(self, discharges: Discharges) -> None:
        """Note the files, and what was left out of them."""
        self.inputs += discharges.files
        self.sources.append(discharges)

    def read_results(self, discharges: Discharges) -> None:
        """Note files of results with the findings on them."""
        self.read_files(discharges)
        self.findings.update(discharges.remark_counts)
        self.firsts.add(discharges.remarks)

    def read_earlier(self, discharges: Discharges) -> None:
        """Note files that the cases are compared with; their rows are not counted."""
        self.inputs += discharges.files
        self.findings.update(discharges.remark_counts)
        self.firsts.add(discharges.remarks)

    def _take_console(self) -> None:
        """Move what the console has kept to the log, before anything else is said."""
        if "console" in vars(self) and self.console.record:
            self._log.write(self.console.export_text())

    def finish(self) -> None:
        """Judge the gates, write the summary and the log; the outputs take their places after it."""
        from drg.cli.gates import gates_of
        from drg.records.outputs import marked_cells

        for file, cells in marked_cells().items():
            self.tell(
                Sentence(
                    "{file}: {cells} cells begin with ' now, as Excel would take them for formulas; "
                    "drg reads them without it",
                    file=file,
                    cells=cells,
                )
            )
        gates = gates_of(self)
        if not all(gate.passed for gate in gates):
            self.exit_code = GATE_FAILED
        if self.asked.json_file is not None:
            self._write_summary(self.asked.json_file, gates)
        self._write_log()

    def say_it(self) -> None:
        """Show what is true now that the outputs are in their places."""
        if "_screen" in vars(self):
            self._screen.release()

    def _write_summary(self, file: Path, gates: list[Gate]) -> None:
        from drg.records.files import write_bytes
        from drg.records.outputs import to_standard_output

        text = self._summary(gates).text()
        if file == STANDARD:
            to_standard_output(text.encode())
        else:
            write_bytes(text.encode(), file, sources=[*self.inputs, *self.outputs])

    def _summary(self, gates: list[Gate]) -> RunSummary:
        from drg.records.outputs import marked_cells
        from drg.report.run_summary import (
            FORMAT,
            GateHeld,
            LeftOut,
            RunSummary,
            drg_version,
            finding_counts,
            input_files,
        )

        left_out: Counter[str] = Counter()
        for table in (table for source in self.sources for table in source.tables):
            left_out.update(table.shape.left_out_by_rule)
        return RunSummary(
            format=FORMAT,
            drg=drg_version(),
            command=_command(),
            exit_code=self.exit_code,
            inputs=input_files((name_of(file), file) for file in dict.fromkeys(self.inputs)),
            layout=self.sources[0].layout.id if self.sources else None,
            rows_read=None if self.cases is None else self.cases + left_out.total(),
            rows_left_out=[LeftOut(rule=rule, rows=rows) for rule, rows in sorted(left_out.items())],
            cases=self.cases,
            results=[_result(made) for made in self.results],
            findings=finding_counts(self.findings, self.firsts),
            gates=[GateHeld(**gate._asdict()) for gate in gates],
            outputs=[str(file) for file in self.outputs],
            marked_cells=sum(marked_cells().values()),
            seconds=round(self.seconds, 3),
        )

    def _write_log(self) -> None:
        file = self.asked.log_file
        if file is None:
            return
        from drg.cli.run_log import append

        self._take_console()
        text, self._log = self._log.getvalue(), io.StringIO()
        # What is wrong with the log cannot be written into it.
        self.asked = replace(self.asked, log_file=None)
        append(file, _command(), text, beside=(*self.inputs, *self.outputs))
        self.asked = replace(self.asked, log_file=file)


def _result(made: Made) -> Result:
    from drg.grouping.outcomes import STATUSES
    from drg.payment.scheme_numbers import CLASSES
    from drg.report.run_summary import Money, Result, amount, tables

    money = None
    if made.money is not None:
        money = Money(**{f"{name}_yuan": amount(value) for name, value in made.money._asdict().items()})
    return Result(
        grouper=tables(made.grouper),
        scheme=tables(made.scheme),
        statuses=_complete(made.statuses, STATUSES),
        case_classes=_complete(made.case_classes, CLASSES),
        money=money,
        measures=None if made.measures is None else dict(made.measures),
    )


def _complete(counts: Mapping[str, int] | None, names: Iterable[str]) -> dict[str, int] | None:
    return None if counts is None else {name: counts.get(name, 0) for name in names}


def _command() -> str:
    """The command as it is called, without ``drg``."""
    return click.get_current_context().command_path.partition(" ")[2]
