"""What an instruction of a program tests."""

from __future__ import annotations

# Membership: the operand is the number of a set. Complications: the operand is a mask of the two levels.
PRINCIPAL_DIAGNOSIS = 0
OTHER_DIAGNOSES = 1
PRINCIPAL_PROCEDURE = 2
OTHER_PROCEDURES = 3
COMPLICATION = 4
# Distinct codes of a set: the argument is 4 × (the comparison's offset from LESS) + a mask of the two fields.
COUNT_DIAGNOSES = 5
COUNT_PROCEDURES = 6
# A text variable equals a text: the operand is the variable's row, the argument the text's number.
TEXT = 7
# A number variable against a number: the operand is the variable's row.
LESS = 8
LESS_EQUAL = 9
GREATER = 10
GREATER_EQUAL = 11
EQUAL = 12

COMPARISONS = {"<": LESS, "<=": LESS_EQUAL, ">": GREATER, ">=": GREATER_EQUAL, "=": EQUAL}

# Masks of complications and of fields.
CC = 1
MCC = 2
PRINCIPAL = 1
OTHER = 2

# Targets that end a walk.
HOLDS = -1
FAILS = -2

# Columns of the instruction table.
OPCODE = 0
OPERAND = 1
ARGUMENT = 2
IF_TRUE = 3
IF_FALSE = 4
