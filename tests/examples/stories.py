"""The commands whose figures are kept, in stories: each begins in an empty directory beside ``examples``.

A line is what follows ``drg``; ``> FILE`` keeps what is printed. The language is the one that is named, else
English; never that of the machine. Where a language changes what is written, both are there.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from pathlib import Path
from unittest.mock import patch

from drg.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

_HOSPITAL = "--set hospital_level=3 --set insurance_type=310"
_YEAR = "examples/settlement"
_TABLES = f"--payments {_YEAR}/payments.csv --decisions {_YEAR}/decisions.csv --scores {_YEAR}/scores.csv"
_3_0 = "-s reference-3.0"
_AT = "--at 2026-01-15T09:30"
_PRICE_YEAR = f"price {_YEAR}/grouped.csv -s {_YEAR}/scheme"

_STORIES = {
    "group": """
        group examples/discharges.csv -o 2.0-en.csv -g chs-drg-2.0 --findings findings.csv
        group examples/discharges.csv -o 2.0-zh.csv -g chs-drg-2.0 --lang zh
        group examples/discharges.csv -o 2.0.xlsx -g chs-drg-2.0 --findings findings.xlsx
        group examples/discharges.csv -o canonical.parquet -g chs-drg-2.0 --canonical
    """,
    "check": """
        check examples/discharges.csv -o check-en.csv
        check examples/discharges.csv -o check-zh.xlsx -g chs-drg-2.0 --lang zh
    """,
    "explain": """
        explain examples/discharges.csv --case-id 0001 -g chs-drg-2.0 --json > 0001.json
        explain examples/discharges.csv --case-id 0009 -g chs-drg-2.0 --all > 0009.txt
    """,
    "versions": f"""
        group examples/discharges.csv -o 1.1.csv -g chs-drg-1.1
        group examples/discharges.csv -o national.parquet -g national --findings findings.parquet --lang zh
        group examples/discharges.csv -o canonical.csv -g chs-drg-3.0 --canonical --lang zh
        check examples/discharges.csv -o check.xlsx -g chs-drg-3.0 --lang zh
        check examples/discharges.csv -o check.parquet -g harbin-2022 --until 2027-01-20
        explain examples/discharges.csv --case-id 0018 -g chs-drg-3.0 --json > 0018.json
        explain examples/discharges.csv --case-id 0072 -g national --json > 0072.json
        run examples/discharges.csv -o run {_3_0} {_HOSPITAL} --lang zh
        run examples/discharges.csv -o text {_3_0} {_HOSPITAL} --text --lang zh
        compare examples/discharges.csv -g chs-drg-1.1,chs-drg-2.0 -o compared
    """,
    "price": f"""
        group examples/discharges.csv -o 3.0.csv -g chs-drg-3.0
        price 3.0.csv -o priced-3.0.csv {_3_0} {_HOSPITAL}
        group examples/discharges.csv -o harbin.parquet -g harbin-2022
        price harbin.parquet -o priced-harbin.parquet -s harbin-2022 {_HOSPITAL}
        {_PRICE_YEAR} -o year-en.csv
        {_PRICE_YEAR} -o year-zh.csv --lang zh
        {_PRICE_YEAR} -o year.xlsx --lang zh
        {_PRICE_YEAR} --explain H2-310-06-special --json - > explained-en.json
        {_PRICE_YEAR} --explain H2-310-06-special --json - --lang zh > explained-zh.json
        {_PRICE_YEAR} --explain H3-310-01 --lang zh > explained-zh.txt
    """,
    "run": f"""
        run examples/discharges.csv -o en -s harbin-2022 {_HOSPITAL} --csv
    """,
    "settle": f"""
        {_PRICE_YEAR} -o priced.parquet
        settle priced.parquet -o year.xlsx -s {_YEAR}/scheme {_TABLES} --statement zh --lang zh
        settle priced.parquet -o year.csv -s {_YEAR}/scheme {_TABLES} --statement en --hospital H2
        settle priced.parquet -o open.parquet -s {_YEAR}/scheme --no-close --findings findings.csv --lang zh
        special-cases priced.parquet -o special-zh.xlsx -s {_YEAR}/scheme --lang zh
        special-cases priced.parquet -o special-en.xlsx -s {_YEAR}/scheme
    """,
    "months": f"""
        {_PRICE_YEAR} -o priced.csv
        ledger add year -s {_YEAR}/scheme {_AT}
        ledger add year priced.csv {_AT} --by office --note year
        ledger add year {_YEAR}/payments.csv --kind payments {_AT}
        ledger add year --empty H3:2025-12 {_AT}
        ledger status year --on 2026-01-20 > status.txt
        ledger statement year -o november --as-of 3 --no-close --hospital H1
        ledger add year {_YEAR}/decisions.csv --kind decisions {_AT}
        ledger add year {_YEAR}/scores.csv --kind scores {_AT}
        ledger statement year -o closed --hospital H3 --lang zh
        ledger due year --on 2026-01-20 -o due-en.csv
        ledger due year --on 2026-07-01 -o due-zh.xlsx --lang zh > due-zh.txt
        ledger verify year > verified.txt
    """,
    "points": f"""
        price {_YEAR}/points/grouped.csv -o priced.csv -s {_YEAR}/points
        settle priced.csv -o zh.xlsx -s {_YEAR}/points --cases cases.csv --statement zh --lang zh
        settle priced.csv -o en.csv -s {_YEAR}/points --statement en --hospital H1
    """,
    "compare": f"""
        compare examples/discharges.csv -o zh -g chs-drg-2.0,chs-drg-3.0 {_3_0} {_HOSPITAL} --lang zh
    """,
    "evaluate": """
        evaluate examples/quality.csv -o quality.xlsx --min-cases 2
        evaluate examples/quality.csv -o variance.csv --table variance --trim none
        group examples/discharges.csv -o grouped.csv -g chs-drg-2.0
        evaluate grouped.csv -o groups.csv --table groups --realism region.csv
    """,
    "report": f"""
        {_PRICE_YEAR} -o priced.parquet
        report hospital priced.parquet --hospital H1 -o zh.xlsx --lang zh
        report hospital priced.parquet --hospital H2 --month 2025-06 -o en.html --lang en
    """,
    "screen": """
        simulate 900 -o cases.parquet -g demo --hospitals 6 --plant cloned-records=0.02 --labels labels.csv
        group cases.parquet -o grouped.parquet -g demo
        screen grouped.parquet -o screen.xlsx --only cloned-records,many-stays
        screen grouped.parquet -o findings.csv
    """,
    "review": """
        simulate 900 -o cases.parquet -g demo --hospitals 6
        review cases.parquet -g demo -s demo -o worklist.xlsx
        review cases.parquet -g demo -o hints.csv
    """,
    "weights": f"""
        group examples/discharges.csv -o grouped.csv -g chs-drg-3.0
        weights grouped.csv -o weights --min-cases 2
        weights grouped.csv -o change --what-if reference-3.0 --to ./weights {_HOSPITAL}
    """,
    "simulate": """
        simulate 300 -o cases.csv -g demo --seed 7 --hospitals 3 --weights weights.csv
        simulate 200 -o errors.csv -g demo --plant upcoding=0.1 --plant split-stays=0.02 --labels labels.csv
    """,
    "what-if": f"""
        what-if examples/discharges.csv --case-id 0009 -g chs-drg-3.0 {_3_0} {_HOSPITAL} --lang zh > 0009.txt
        what-if examples/discharges.csv -o variants.csv -g chs-drg-2.0
    """,
    "reconcile": f"""
        group examples/discharges.csv -o ours.csv -g chs-drg-3.0
        price ours.csv -o priced.csv {_3_0} {_HOSPITAL}
        group examples/discharges.csv -o theirs.csv -g harbin-2022
        price theirs.csv -o return.csv -s harbin-2022 {_HOSPITAL} --lang zh
        reconcile priced.csv return.csv -o differences -g harbin-2022 -s harbin-2022 --lang zh
    """,
    "benefits": f"""
        benefits check demo > demo-en.txt
        benefits check demo --lang zh > demo-zh.txt
        benefits examples/benefits/stays.csv -o shared.csv -s demo
        price shared.csv -o priced.csv -s {_YEAR}/scheme
        benefits sums priced.csv -o payers.csv --findings held.csv
        benefits sums priced.csv -o payers-zh.xlsx --lang zh
        benefits statements priced.csv -o statements-zh -s demo --case-id S02 --lang zh
        benefits statements priced.csv -o statements-en -s demo --case-id S04
        settle priced.csv -o settlement.csv -s {_YEAR}/scheme
        simulate 300 -o made-up.csv -g demo --benefits
        benefits run made-up.csv -o made-up-shared.csv -s demo
        benefits compare made-up.csv -s demo,template --household-limit 5000 -o change.xlsx
    """,
    "tables": """
        tables show BR1 -g chs-drg-2.0 > BR1.txt
        tables show I63.900 -g chs-drg-1.1 > I63.txt
        tables diff chs-drg-1.1 chs-drg-2.0 -o diff.csv > diff.txt
        tables diff chs-drg-2.0 chs-drg-3.0 > diff-3.0.txt
        tables check chs-drg-2.0 --format json > check.json
    """,
}
# More versions and languages, and the comparison of whole versions, take long: no part of the quick tests.
LONG = ("versions", "tables", "months", "compare", "settle")
STORIES = {name: [line.strip() for line in lines.strip().splitlines()] for name, lines in _STORIES.items()}


def tell(story: str, place: Path) -> list[Path]:
    """Runs the commands of a story in an empty directory; the files that they wrote, by name."""
    shutil.copytree(EXAMPLES, place / "examples")
    settings = {"COLUMNS": "400", "XDG_DATA_HOME": str(place / "none"), "LOCALAPPDATA": str(place / "none")}
    with patch.dict(os.environ, settings), contextlib.chdir(place):
        os.environ.pop("DRG_TABLES", None)
        for line in STORIES[story]:
            command, _, kept = line.partition(" > ")
            printed = _drg(command if "--lang" in command else f"{command} --lang en")
            if kept:
                Path(kept).write_text(printed, encoding="utf-8")
    shutil.rmtree(place / "examples")
    return sorted(path for path in place.rglob("*") if path.is_file())


def _drg(command: str) -> str:
    """What a command prints; it must end well."""
    out, errors = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        patch.object(sys, "argv", ["drg", *command.split()]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        try:
            main()
        except SystemExit as left:
            code = left.code
    assert not code, f"drg {command}\nexit code {code}\n{out.getvalue()}{errors.getvalue()}"
    return out.getvalue()
