"""Values of CSV files as other programs write them, told as the contract has them.

Texts that mean NULL become null, numbers lose their thousands separators and get a decimal point.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.sections.input import CsvSettings
from rfmf_spark.ledger.mapping import InputMapping
from rfmf_spark.ledger.parsing import without_padding
from rfmf_spark.schemas.inputs import SCALES, InputColumn


def as_contract_text(
    rows: DataFrame, columns: Sequence[InputColumn], mapping: InputMapping, csv: CsvSettings
) -> DataFrame:
    """The same rows; only where settings ask for it are columns of the contract changed."""
    kinds = {mapping.column_of(column.name): column.kind for column in columns}
    values = {
        name: _as_contract_value(F.col(f"`{name}`"), kinds[name] in SCALES, csv)
        for name in rows.columns
        if name in kinds
    }
    is_changed = csv.null_value.strip() or csv.thousands or csv.decimal_mark != "."
    return rows.withColumns(values) if is_changed and values else rows


def count_character(text: Column, character: str) -> Column:
    """How often a character stands in a text."""
    return F.length(text) - F.length(F.translate(text, character, ""))


def _as_contract_value(value: Column, is_number: bool, csv: CsvSettings) -> Column:
    if csv.null_value.strip():
        value = F.when(without_padding(value) != csv.null_value.strip(), value)
    return _as_number(value, csv) if is_number else value


def _as_number(value: Column, csv: CsvSettings) -> Column:
    """A number with a point and no separators; other groups are no number."""
    if csv.thousands:
        mark, point = re.escape(csv.thousands), re.escape(csv.decimal_mark)
        text = without_padding(value)
        is_grouped = text.rlike(f"^[+-]?[0-9]{{1,3}}({mark}[0-9]{{3}})+({point}[0-9]*)?$")
        value = F.when(is_grouped, F.translate(text, csv.thousands, "")).otherwise(value)
    if csv.decimal_mark == ",":
        # A point is no decimal mark then: 1.234 must not become a number of another size.
        value = F.translate(value, ".,", "_.")
    return value
