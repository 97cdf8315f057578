"""Published weights of a version, from the payment schemes that come with the package."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from drg.payment.load_scheme import installed_schemes
from drg.payment.weights import WEIGHTS_FILE, read_weights

# The scheme whose weights are those of a version. Those of other schemes are examples.
_SCHEMES: Final = {
    "chongqing-2025": "chongqing-2025",
    "chs-drg-3.0": "reference-3.0",
    "harbin-2022": "harbin-2022",
}
# Where levels of hospitals differ, the weight of this level counts: it treats most groups.
_LEVEL: Final = "3"


@lru_cache(maxsize=len(_SCHEMES))
def published_weights(grouper: str) -> dict[str, float]:
    """The published weight of each group of a version, by its id; empty if there is none."""
    directory = installed_schemes().get(_SCHEMES.get(grouper, ""))
    if directory is None:
        return {}
    weights = read_weights(directory / WEIGHTS_FILE)
    rows = (row for (_, level), row in weights.items() if level in (None, _LEVEL))
    return {row.drg: float(row.relative_weight) for row in rows}
