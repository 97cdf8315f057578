"""What every part of a scheme is made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")]
# Rates and prices in yuan, weights, coefficients and shares: decimals as written, never binary floats.
Number = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=8, allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(le=1)]


class Part(BaseModel):
    """A part of a scheme: unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Part):
    """A part whose numbers somebody published or chose."""

    source: Text
