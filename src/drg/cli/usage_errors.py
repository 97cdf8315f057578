"""What is wrong with a command line, in the language of who typed it.

click words most of it, in English only; its sentences are known here by their templates. One that is not
known stays as it is.
"""

from __future__ import annotations

from typing import Final

import click

from drg.words import ENGLISH, Sentence, recognised

_OPTION: Final = {"option": "{option}"}
_VALUE: Final = {"value": "{value}"}
# As click 8.1 and later word them; facts are quoted already. The first that fits counts.
_OF_CLICK: Final = (
    Sentence("Invalid value for {option}: {problem}", **_OPTION, problem="{problem}"),
    Sentence("Missing option {option}. Choose from:\n\t{choices}", **_OPTION, choices="{choices}"),
    Sentence("Missing option {option}.", **_OPTION),
    Sentence("Missing argument {option}.", **_OPTION),
    Sentence("Option {option} requires an argument.", **_OPTION),
    Sentence("Option {option} does not take a value.", **_OPTION),
    Sentence("No such option {option}. Did you mean {near}?", **_OPTION, near="{near}"),
    Sentence("No such option {option}. (Did you mean one of: {near}?)", **_OPTION, near="{near}"),
    Sentence("No such option {option}.", **_OPTION),
    Sentence("No such option: {option}", **_OPTION),
    Sentence("No such command {command}. Did you mean {near}?", command="{command}", near="{near}"),
    Sentence("No such command {command}. (Did you mean one of: {near}?)", command="{command}", near="{near}"),
    Sentence("No such command {command}.", command="{command}"),
    Sentence("Got unexpected extra argument ({arguments})", arguments="{arguments}"),
    Sentence("Got unexpected extra arguments ({arguments})", arguments="{arguments}"),
    Sentence("{value} is not one of {choices}.", **_VALUE, choices="{choices}"),
    Sentence("{value} is not a valid integer.", **_VALUE),
    Sentence("{value} is not a valid integer range.", **_VALUE),
    Sentence("{value} is not a valid float.", **_VALUE),
    Sentence("{value} is not in the range {range}.", **_VALUE, range="{range}"),
    Sentence("{value} does not match the format {formats}.", **_VALUE, formats="{formats}"),
    Sentence("{value} does not match the formats {formats}.", **_VALUE, formats="{formats}"),
    Sentence("File {value} does not exist.", **_VALUE),
    Sentence("File {value} is a directory.", **_VALUE),
    Sentence("Directory {value} is a file.", **_VALUE),
)


def show_usage_error(error: click.ClickException, language: str) -> None:
    """Print what is wrong with a command line, and where help is."""
    message = recognised(error.format_message(), _OF_CLICK)
    # What is not known is told by click itself; help is, which stands for an empty command line.
    if language == ENGLISH or not isinstance(message, Sentence):
        error.show()
        return
    if isinstance(error, click.BadParameter) and isinstance(error.message, Sentence):
        message.facts["problem"] = error.message
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        hint = Sentence("Try '{command} --help' for help.", command=context.command_path)
        click.echo(f"{context.get_usage()}\n{hint.to(language)}\n", err=True)
    click.echo(Sentence("Error: {message}", message=message).to(language), err=True)
