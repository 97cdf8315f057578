"""Text in the language of who reads it."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["zh", "en"]

CHINESE: Final = "zh"


def either(language: str, zh: str, en: str) -> str:
    """The text of a language."""
    return zh if language == CHINESE else en
