"""How the entries of a benefit scheme are written, for who has to mend one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from drg.payment.scheme_errors import EXAMPLES as OF_PAYMENT
from drg.payment.scheme_errors import examples_of
from drg.words import Sentence

# The same name means the same everywhere in a benefit scheme.
EXAMPLES: Final[Mapping[str, str]] = {
    **{name: OF_PAYMENT[name] for name in ("status", "source")},
    **examples_of(Path(__file__).with_name("scheme_examples.toml")),
    "items": Sentence("[items] with a source, and below it [[items.class_b]] with share"),
    "class_b": Sentence("[[items.class_b]] with share"),
    "basic": Sentence("[basic] with a source, and below it [[basic.deductibles]] and [[basic.shares]]"),
    "deductible_by": Sentence('deductible_by = "stay" or "year"'),
    "deductibles": Sentence("[[basic.deductibles]] with yuan = [800, 600, 400]"),
    "shares": Sentence("[[basic.shares]] with tiers = [{{ share = 0.7 }}]"),
    "caps": Sentence("[[basic.caps]] with yuan = 150000"),
    "rows": Sentence("[[critical.rows]] with threshold_yuan and tiers"),
    "yuan": Sentence("yuan = [800, 600, 400]; of a cap: yuan = 150000"),
    "tiers_by": Sentence('tiers_by = "stay" or "year"'),
    "off_site": Sentence('off_site = "filed", "referred" or "temporary"'),
}
