"""``drg simulate``: made-up discharges of a version, in a file."""

from __future__ import annotations

from pathlib import Path

import click

from drg.cli.commands import verb
from drg.cli.options import bom_option, grouper_option, output_option, realism_option
from drg.cli.reported import Made, Run, reported
from drg.words import Sentence, said


@verb(
    "simulate 10000 -o discharges.csv --grouper chs-drg-2.0",
    "simulate 1000000 -o 2024.parquet --grouper chs-drg-2.0 --seed 7 --year 2024",
    "simulate 5000 -o discharges.xlsx --grouper demo --hospitals 3 --weights weights.csv",
    "simulate 20000 -o stays.csv --grouper chs-drg-2.0 --benefits",
    "simulate 10000 -o errors.csv --grouper demo --plant missing-cc=0.05 --labels labels.csv",
)
@click.argument("cases", type=click.IntRange(min=0), metavar="N")
@output_option("Where to write the discharges.")
@grouper_option("Id of a version (see: drg groupers) or its directory.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Another one gives other data. [0]")
@click.option("--year", type=int, help="Of the discharges. [2025]")
@click.option("--hospitals", type=click.IntRange(min=1), help="How many. [one for each 5,000 cases, 5 to 60]")
@click.option("--mean-cost", type=float, metavar="YUAN", help="Cost of a case of weight 1. [12000]")
@click.option(
    "--weights", type=click.Path(path_type=Path), help="Write the true weights of the groups here, too."
)
@click.option(
    "--benefits",
    is_flag=True,
    help="Add what drg benefits asks for: households, catalogue classes of the cost, classes of aid, "
    "products, referral, off-site care, births. Their shares are assumed.",
)
@click.option(
    "--plant",
    "plantings",
    multiple=True,
    metavar="KIND=SHARE",
    help="Plant errors: missing-cc, swapped-principal, upcoding, split-stays, split-procedures or "
    "cloned-records in a share of the cases, or KIND=HOSPITAL:SHARE in one hospital; repeatable.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Write here which cases have a planted error, and what was there before.",
)
@realism_option
@bom_option
@reported()
def simulate(
    run: Run,
    cases: int,
    output: Path,
    grouper: str,
    seed: int,
    year: int | None,
    hospitals: int | None,
    mean_cost: float | None,
    weights: Path | None,
    benefits: bool,
    plantings: tuple[str, ...],
    labels: Path | None,
    realism: Path | None,
    bom: bool,
) -> None:
    """Make up N discharges (模拟病例) that a version can group, with costs and stays.

    Nothing in them is real: no patient, no hospital, no price. Diagnoses and procedures are drawn from the
    tables of the version so that nearly all of its groups are reached. The same numbers give the same file.
    The ending of the output chooses its format: .csv, .parquet or .xlsx. All cases are in memory at once.
    """
    from drg.analysis.simulation import MEAN_COST_YUAN, YEAR, true_weights, with_benefit_columns
    from drg.analysis.simulation import simulate as made_up
    from drg.analysis.simulation.planted import Planting, plant_errors
    from drg.grouping import Grouper
    from drg.records.files import check_output, write
    from drg.report.console import say
    from drg.report.simulation import print_planted, print_realism

    lang = run.language
    if bool(plantings) != (labels is not None):
        raise click.UsageError(Sentence("Give --plant and --labels together."))
    outputs = [file for file in (output, weights, labels, realism) if file is not None]
    if len({*outputs}) < len(outputs):
        raise click.UsageError(Sentence("Give --output, --weights, --labels and --realism different names."))
    for file in outputs:
        check_output(file)
    asked = [Planting.parse(text) for text in plantings]
    version = Grouper(grouper)
    frame = made_up(
        cases,
        version,
        seed=seed,
        year=YEAR if year is None else year,
        hospitals=hospitals,
        mean_cost_yuan=MEAN_COST_YUAN if mean_cost is None else mean_cost,
    )
    planted = None
    if labels is not None:
        planted = plant_errors(frame, version, asked, seed=seed, weights=true_weights(version, seed))
        frame = planted.cases
        write(planted.labels.lazy(), labels, sources=(), bom=bom)
    if benefits:
        frame = with_benefit_columns(frame, seed=seed)
    write(frame.lazy(), output, sources=(), bom=bom)
    if weights is not None:
        write(true_weights(version, seed).lazy(), weights, sources=(), bom=bom)
    figures = None
    if realism is not None:
        from drg.analysis.simulation.realism import realism as figures_of

        figures = figures_of(version.group_batch(frame))
        write(figures.lazy(), realism, sources=(), bom=bom)
    run.cases = frame.height
    run.outputs += outputs
    run.results.append(Made(version))
    if run.talks:
        seconds = run.seconds
        console = run.console
        made, count = f"{frame.height:,}", f"{frame['hospital_id'].n_unique():,}"
        say(
            console,
            said(
                "{made} made-up cases of {count} hospitals written to {output} in {seconds:.1f} s, for {id}"
                " with seed {seed}.",
                lang,
                made=made,
                count=count,
                output=output,
                seconds=seconds,
                id=version.id,
                seed=seed,
            ),
        )
        if benefits:
            say(
                console,
                said("Households, catalogue classes, aid, products and referrals are assumed.", lang),
            )
        if weights is not None:
            say(console, said("True weights written to {weights}.", lang, weights=weights))
        if planted is not None:
            print_planted(console, planted.counts, lang)
            say(console, said("Labels of the planted errors written to {labels}.", lang, labels=labels))
        if figures is not None:
            print_realism(console, figures, lang)
            say(console, said("Figures of the region written to {realism}.", lang, realism=realism))
    for row in [] if planted is None else planted.counts.iter_rows(named=True):
        if row["planted"] < row["asked"]:
            run.warn([Sentence("only {planted:,} of {asked:,} errors could be planted: {kind}", **row)])
