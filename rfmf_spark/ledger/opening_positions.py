"""Opening positions: what the trades up to one day have left, for a ledger that starts after it.

Holdings are additive, so the state of a position at that day is simply one more addition to them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.config.bases import OPENING_COLUMNS_OF_A_BASIS, BasisOfValue, basis_of
from rfmf_spark.config.sections.quality import QualitySettings
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.clean_source import CleanSource, clean_source, open_input
from rfmf_spark.ledger.mapping import InputMapping
from rfmf_spark.ledger.parsing import IS_BEYOND, IS_MISSING, IS_UNREADABLE, parse_columns
from rfmf_spark.ledger.rules import (
    EARLIEST_DATE,
    REASON,
    Rule,
    any_flag,
    first_reason,
    is_too_early,
)
from rfmf_spark.ledger.sources import Source
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.ledger.unreadable import refuse_unreadable_files
from rfmf_spark.schemas.inputs import OPENING_COLUMNS, InputColumn
from rfmf_spark.schemas.reasons import (
    MISSING_VALUE,
    NO_NAV,
    OUT_OF_RANGE,
    UNKNOWN_PRODUCT,
    UNPARSEABLE,
)

_OF_HOLDINGS = ("product_id", "units")
_PURCHASE_DATES = ("first_purchase_date", "last_purchase_date")

# Of one position: 10 billion yuan of fees, far more yuan bought, and as many days of them.
_MAX_FEE_E8 = 10**18
_MAX_CENTS = 10**17
_MAX_PURCHASES = 2**31 - 1


@dataclass(frozen=True)
class CleanOpening:
    """Opening positions after cleaning, and the one day whose state they hold."""

    source: CleanSource
    day: dt.date

    def purchases(self) -> Totals:
        """Purchases (as ``rows``) and their cents in the accepted positions."""
        names = ("purchases", "cumulative_amount_cents")
        sums = [F.sum(F.col(name).cast("decimal(19,0)")) for name in names]
        purchases, cents = self.source.accepted.agg(*sums).collect()[0]
        return Totals(int(purchases or 0), int(cents or 0))


def clean_opening(
    spark: SparkSession, settings: Settings, as_of: dt.date, products: DataFrame | None
) -> CleanOpening | None:
    """Open and clean the opening positions, where there are any; ``products`` as for trades.

    Raises ``InputRefusedError`` unless all rows are of one day up to the business date.
    """
    if settings.input.opening_positions is None:
        return None
    basis = basis_of(settings.features)
    columns = opening_columns(basis, has_holdings=products is not None)
    source = open_input(spark, settings, "opening_positions", columns)
    day = _day_of_state(source, as_of)

    def classify(rows: DataFrame) -> DataFrame:
        return classify_opening(rows, products, columns, settings.quality, source.mapping)

    clean = clean_source(source, classify, ("user_id", "product_id"), keep=True)
    return CleanOpening(clean, day)


def opening_columns(basis: BasisOfValue, has_holdings: bool) -> tuple[InputColumn, ...]:
    """The contract's columns, required as far as the basis needs them."""
    needed = basis.opening_columns

    def is_required(column: InputColumn) -> bool:
        if column.name in OPENING_COLUMNS_OF_A_BASIS:
            return column.name in needed
        return column.required and (has_holdings or column.name not in _OF_HOLDINGS)

    return tuple(
        dataclasses.replace(column, required=is_required(column)) for column in OPENING_COLUMNS
    )


def classify_opening(
    rows: DataFrame,
    products: DataFrame | None,
    columns: Sequence[InputColumn],
    quality: QualitySettings,
    mapping: InputMapping,
) -> DataFrame:
    """Typed opening positions with ``reason`` (null: the row counts).

    ``columns`` come from ``opening_columns``: what is not required is not looked at, but for the
    dates.
    """
    parsed = parse_columns(rows, columns, mapping)
    needed = [column for column in columns if column.required]
    names = {column.name for column in needed}
    # Without purchases there are no dates of them, and without units no lots.
    keys = [c for c in needed if c.name not in (*_PURCHASE_DATES, "open_lots")]
    has_purchases = F.col("purchases") > 0
    dates_missing = any_flag(IS_MISSING, [c for c in columns if c.name in _PURCHASE_DATES])
    rules: list[Rule] = [
        (UNPARSEABLE, F.col("is_corrupt")),
        (MISSING_VALUE, any_flag(IS_MISSING, keys)),
        (UNPARSEABLE, any_flag(IS_UNREADABLE, needed)),
        (OUT_OF_RANGE, any_flag(IS_BEYOND, needed)),
        (MISSING_VALUE, has_purchases & dates_missing),
        (OUT_OF_RANGE, _has_impossible_purchases()),
    ]
    if "units" in names:
        rules.append((OUT_OF_RANGE, F.abs("units_e4") > quality.max_units * 10_000))
    for fee in names & {"accrued_fee", "net_fees"}:
        rules.append((OUT_OF_RANGE, F.abs(f"{fee}_e8") > _MAX_FEE_E8))
    if "open_lots" in names:
        rules += _lot_rules(quality)
    if products is not None:
        parsed = parsed.join(F.broadcast(products), on="product_id", how="left")
        rules += [(UNKNOWN_PRODUCT, F.col("has_nav").isNull()), (NO_NAV, ~F.col("has_nav"))]
    return parsed.withColumn(REASON, first_reason(rules))


def _day_of_state(source: Source, as_of: dt.date) -> dt.date:
    """The one day of all rows; rows without a readable one are bad rows like others."""
    parsed = parse_columns(source.rows, source.columns, source.mapping)
    with refuse_unreadable_files(source.name):
        first, last = parsed.agg(F.min("as_of"), F.max("as_of")).collect()[0]
    where = f"input.opening_positions: {source.version['path']}"
    if first is None:
        raise InputRefusedError(
            f"{where} has no row with a readable as_of; correct the path, or map the column with "
            f"input.columns.opening_positions"
        )
    if first != last:
        raise InputRefusedError(
            f"{where} has positions of {first} and of {last}, but one day must hold for all; give "
            f"the positions of one day, and the trades after it"
        )
    if first > as_of:
        raise InputRefusedError(
            f"{where} has positions of {first}, after the business date {as_of}; give the "
            f"positions of an earlier day, or a later --as-of"
        )
    if first < EARLIEST_DATE:
        raise InputRefusedError(
            f"{where} has positions of {first}, but days count from {EARLIEST_DATE}; give the "
            f"positions of a later day"
        )
    opened: dt.date = first
    return opened


def _has_impossible_purchases() -> Column:
    purchases, cents = F.col("purchases"), F.col("cumulative_amount_cents")
    first, last = (F.col(name) for name in _PURCHASE_DATES)
    in_disorder = (first > last) | (last > F.col("as_of")) | is_too_early("first_purchase_date")
    return (
        ~purchases.between(0, _MAX_PURCHASES)
        | ~cents.between(0, _MAX_CENTS)
        | ((purchases == 0) & (cents != 0))
        | ((purchases > 0) & in_disorder)
    )


def _lot_rules(quality: QualitySettings) -> list[Rule]:
    """Lots of a position: open, first-in-first-out, and together the units that are held."""
    lots, units_e4 = F.coalesce(F.col("open_lots"), F.array()), F.col("units_e4")
    most_units_e4, most_cents = quality.max_units * 10_000, quality.max_amount * 100

    def is_possible(lot: Column) -> Column:
        opened, left = lot["units_e4"], lot["units_left_e4"]
        is_open = left.between(1, opened) & (opened <= most_units_e4)
        is_earlier = lot["entry_date"] <= F.col("as_of")
        has_value = lot["principal_cents"].between(0, most_cents)
        return F.coalesce(is_open & is_earlier & has_value, F.lit(False))

    def is_in_turn(lot: Column, number: Column) -> Column:
        before = F.get(lots, number - 1)
        is_whole = lot["units_left_e4"] == lot["units_e4"]
        return (number == 0) | ((before["entry_date"] <= lot["entry_date"]) & is_whole)

    def add_units(total: Column, lot: Column) -> Column:
        return total + F.least(lot["units_left_e4"], F.lit(most_units_e4))

    left_in_all = F.aggregate(lots, F.lit(0).cast("bigint"), add_units)
    return [
        (MISSING_VALUE, (units_e4 > 0) & (F.size(lots) == 0)),
        (OUT_OF_RANGE, ~F.col("principal_days_cents").between(0, _MAX_CENTS)),
        (OUT_OF_RANGE, ~F.forall(lots, is_possible)),
        (OUT_OF_RANGE, ~F.forall(F.transform(lots, is_in_turn), lambda holds: holds)),
        (OUT_OF_RANGE, left_in_all != F.greatest(units_e4, F.lit(0))),
    ]
