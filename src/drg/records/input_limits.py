"""How large input may be: limits that no real file reaches, so that none takes the memory of a machine.

They are documented in ``docs/layouts.md``; a message that names one says how to go on.
"""

from __future__ import annotations

from typing import Final

# A sheet of Excel; the header is among the rows.
MOST_ROWS_OF_SHEET: Final = 1_048_576
MOST_COLUMNS_OF_SHEET: Final = 16_384
# Of all sheets of a workbook together, empty ones inside their bounds too: some 3 GB of memory.
MOST_CELLS_OF_WORKBOOK: Final = 100_000_000
# What a workbook unpacks to, and what may stand in it without an element of XML.
LARGEST_WORKBOOK_BYTES: Final = 4_000_000_000
LONGEST_TEXT_BYTES: Final = 16_000_000
# Text files: a line with its end, or all lines of a quoted cell.
LONGEST_LINE_BYTES: Final = 4_000_000
MOST_COLUMNS: Final = 10_000
# Parquet: rows of a file, and cells of the rows that are read at a time.
MOST_ROWS_OF_PARQUET: Final = 2_000_000_000
MOST_CELLS_OF_ROW_GROUP: Final = 400_000_000
# Layouts, manifests and schemes.
LARGEST_TOML_BYTES: Final = 10_000_000
