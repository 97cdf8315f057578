"""``drg benefits statements``: a workbook and a page for each stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from drg.cli.constants import with_constants
from drg.cli.reported import Made, Run
from drg.errors import InputError
from drg.words import Sentence, said

# So many stays without a statement are named.
_MOST_NAMED: Final = 20


def write_statements_of_stays(
    run: Run,
    files: tuple[Path, ...],
    directory: Path,
    scheme: str,
    case_ids: tuple[str, ...],
    names_file: Path | None,
    constants: tuple[str, ...],
) -> None:
    """Work them out and write them.

    Raises:
        InputError: no stay can have a statement, or one that is asked for is not there.
        OutputError: the directory cannot be written.
    """
    from drg.analysis.stay_statements import stay_statements
    from drg.benefit import BenefitCalculator
    from drg.cli.progress import counting
    from drg.records.reading import read_results
    from drg.report.console import say
    from drg.report.document_names import NO_NAMES, read_names, unnamed
    from drg.report.stay_statement import write_stay_statements

    lang = run.language
    calculator = BenefitCalculator(scheme)
    names = NO_NAMES if names_file is None else read_names(names_file)
    given = read_results(files)
    cases = with_constants(given, constants)
    calculator.check_vital(cases)
    missing = calculator.missing_columns(cases)
    run.read_results(given.with_lacking(missing))
    run.warn_of_missing(missing)
    made, without = stay_statements(cases, calculator, case_ids=case_ids, language=lang)
    warn_of_stays(
        run,
        [
            Sentence("no statement of stay {case_id}: {reason}", case_id=one.case_id, reason=one.reason)
            for one in without
        ],
        Sentence("{count:,} stays have no statement", count=len(without)),
    )
    if not made:
        raise InputError(
            Sentence("no stay can have a statement"),
            fix=Sentence("Mend what the warnings name, or choose other stays"),
        )
    if names_file is not None:
        run.inputs.append(names_file)
        shown = sorted({one.facts.get("hospital_id") or "" for one in made} - {""})
        run.warn(unnamed(names, names_file, shown))
    done: list[str] = []
    doing = said("statements", lang)
    with counting(lambda: len(done), total=len(made), show=not run.quiet, what=doing):
        write_stay_statements(
            made, directory, language=lang, names=names, sources=run.inputs, on_stay=done.append
        )
    run.cases = len(made) + len(without)
    run.outputs.append(directory)
    run.results.append(Made(scheme=calculator.loaded))
    if run.talks:
        say(
            run.console,
            said("{made:,} statements written to {statements}.", lang, made=len(made), statements=directory),
        )


def warn_of_stays(run: Run, stays: Sequence[Sentence], all_of_them: Sentence) -> None:
    """Name stays that are left out; of many the first, and how many there are."""
    run.warn(stays[:_MOST_NAMED])
    if len(stays) > _MOST_NAMED:
        run.warn([all_of_them])
