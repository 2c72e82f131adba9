"""Which rows count: a reason for every row that does not (the data contract's catalogue).

Rules look at one row at a time; rows that repeat a key are found in ``repeats.py``. The first
rule that applies names the reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.sections.quality import QualitySettings
from rfmf_spark.ledger import trade_types
from rfmf_spark.ledger.mapping import InputMapping
from rfmf_spark.ledger.parsing import IS_BEYOND, IS_MISSING, IS_UNREADABLE, parse_columns
from rfmf_spark.schemas.inputs import (
    FEATURE_COLUMNS,
    NAV_COLUMNS,
    PRODUCT_COLUMNS,
    SCALES,
    TRADE_COLUMNS,
    TRADE_COLUMNS_WITHOUT_UNITS,
    InputColumn,
)
from rfmf_spark.schemas.reasons import (
    AFTER_AS_OF,
    BEFORE_OPENING,
    BEFORE_WINDOW,
    CANCELLED,
    FAILED,
    IMPLAUSIBLE_DATE,
    MISSING_VALUE,
    NO_NAV,
    OUT_OF_RANGE,
    UNKNOWN_PRODUCT,
    UNKNOWN_TRADE_TYPE,
    UNPARSEABLE,
)

REASON = "reason"

_NEEDS_AMOUNT, _NEEDS_UNITS = "needs_amount", "needs_units"

CONFIRMED = "confirmed"
_STATUS_REASONS = (CANCELLED, FAILED)

# Days are counted from here; nothing of a fund ledger is older.
EARLIEST_DATE = dt.date(1970, 1, 1)
_MAX_ANNUAL_RATE = 1
_MAX_NAV = 1_000_000
# Yuan a day per 10,000 units; a money fund earns about one.
_MAX_INCOME = 1_000
_MAX_COUNT = 2**31 - 1

Rule = tuple[str, Column]

_IDENTITY = InputMapping()


def classify_trades(
    rows: DataFrame,
    products: DataFrame | None,
    as_of: dt.date,
    quality: QualitySettings,
    mapping: InputMapping = _IDENTITY,
    window_start: dt.date | None = None,
    opening: dt.date | None = None,
) -> DataFrame:
    """Typed trades with ``reason`` (null: the row counts).

    ``products`` has one row per known product: ``product_id``, ``has_nav`` and, where it is known,
    ``inception_date``; without it (basis ``amount``) units and products are not looked at. Trades
    up to the day ``opening`` belong to the opening positions.
    """
    columns = TRADE_COLUMNS if products is not None else TRADE_COLUMNS_WITHOUT_UNITS
    parsed = parse_columns(rows, columns, mapping).withColumns(_needs(columns))
    rules = [*_status_rules(), *_trade_rules(columns, quality)]
    if quality.company_start is not None:
        rules.append((IMPLAUSIBLE_DATE, F.col("trade_date") < F.lit(quality.company_start)))
    if products is not None:
        parsed = parsed.join(F.broadcast(products), on="product_id", how="left")
        rules += [
            (UNKNOWN_PRODUCT, F.col("has_nav").isNull()),
            (NO_NAV, ~F.col("has_nav")),
        ]
        if "inception_date" in products.columns:
            rules.append((IMPLAUSIBLE_DATE, F.col("trade_date") < F.col("inception_date")))
    rules.append(late_rule("trade_date", as_of))
    if window_start is not None:
        rules.append((BEFORE_WINDOW, F.col("trade_date") < F.lit(window_start)))
    if opening is not None:
        rules.append((BEFORE_OPENING, F.col("trade_date") <= F.lit(opening)))
    return parsed.withColumn(REASON, first_reason(rules))


def classify_nav(rows: DataFrame, as_of: dt.date, mapping: InputMapping = _IDENTITY) -> DataFrame:
    """Typed NAV rows with ``reason``.

    A day needs a NAV or, for a money-market fund, its income per 10,000 units.
    """
    value, income = F.col("unit_nav_e4"), F.col("income_per_10k_e8")
    keys = [column for column in NAV_COLUMNS if column.name in ("product_id", "nav_date")]
    missing = [F.col(IS_MISSING.format(name)) for name in ("unit_nav", "income_per_10k")]
    is_out_of_range = ~value.between(1, _MAX_NAV * 10 ** SCALES["nav"]) | (
        F.abs(income) > _MAX_INCOME * 10 ** SCALES["value"]
    )
    rules = [
        (UNPARSEABLE, F.col("is_corrupt")),
        (MISSING_VALUE, any_flag(IS_MISSING, keys) | (missing[0] & missing[1])),
        (UNPARSEABLE, any_flag(IS_UNREADABLE, NAV_COLUMNS)),
        (OUT_OF_RANGE, any_beyond(NAV_COLUMNS) | is_too_early("nav_date")),
        (OUT_OF_RANGE, is_out_of_range),
        late_rule("nav_date", as_of),
    ]
    return parse_columns(rows, NAV_COLUMNS, mapping).withColumn(REASON, first_reason(rules))


def classify_products(rows: DataFrame, mapping: InputMapping = _IDENTITY) -> DataFrame:
    """Typed products with ``reason``."""
    rates = [F.coalesce(c.typed_name, F.lit(0)) for c in PRODUCT_COLUMNS if _is_rate(c)]
    least, beyond = F.least(*rates), F.greatest(*rates)
    is_in_range = (least >= 0) & (beyond < _MAX_ANNUAL_RATE * 10 ** SCALES["rate"])
    rules = [
        *readable_rules(PRODUCT_COLUMNS),
        (OUT_OF_RANGE, any_beyond(PRODUCT_COLUMNS) | ~is_in_range),
    ]
    return parse_columns(rows, PRODUCT_COLUMNS, mapping).withColumn(REASON, first_reason(rules))


def classify_features(rows: DataFrame, mapping: InputMapping = _IDENTITY) -> DataFrame:
    """Given features with ``reason``."""
    recency, frequency = F.col("recency_days"), F.col("frequency")
    is_in_range = (recency >= 0) & (recency <= _MAX_COUNT) & (frequency >= 1)
    rules = [
        *readable_rules(FEATURE_COLUMNS),
        (OUT_OF_RANGE, any_beyond(FEATURE_COLUMNS) | ~is_in_range),
    ]
    return parse_columns(rows, FEATURE_COLUMNS, mapping).withColumn(REASON, first_reason(rules))


def first_reason(rules: Sequence[Rule]) -> Column:
    """The reason of the first rule that applies, else null."""
    cases = [F.when(applies, F.lit(reason)) for reason, applies in rules]
    return F.coalesce(*cases)


def _status_rules() -> list[Rule]:
    """Trades that were undone count as such, whatever else their rows lack."""
    status = F.lower(F.trim("status"))
    return [
        (UNPARSEABLE, F.col("is_corrupt")),
        (MISSING_VALUE, F.col(IS_MISSING.format("trade_id"))),
        (UNPARSEABLE, F.col(IS_UNREADABLE.format("updated_at"))),
        (OUT_OF_RANGE, ~status.isin(CONFIRMED, *_STATUS_REASONS)),
        *[(reason, status == reason) for reason in _STATUS_REASONS],
    ]


def _needs(columns: Sequence[InputColumn]) -> dict[str, Column]:
    """What a trade must have by its type: asked by several rules, found once."""
    trade_type = F.col("trade_type")
    changes_units = trade_types.has_units_effect(trade_type, "in", "out", "signed")
    return {
        _NEEDS_AMOUNT: trade_types.moves_money(trade_type),
        _NEEDS_UNITS: changes_units & F.lit(_counts_units(columns)),
    }


def _counts_units(columns: Sequence[InputColumn]) -> bool:
    return any(column.name == "units" and column.required for column in columns)


def _trade_rules(columns: Sequence[InputColumn], quality: QualitySettings) -> list[Rule]:
    cents, units_e4 = F.col("amount_cents"), F.col("units_e4")
    needs_amount, needs_units = F.col(_NEEDS_AMOUNT), F.col(_NEEDS_UNITS)
    is_split = trade_types.has_units_effect(F.col("trade_type"), "signed")
    keys = [c for c in columns if c.required and c.name not in ("amount", "units")]
    is_missing = (
        any_flag(IS_MISSING, keys)
        | (needs_amount & F.col(IS_MISSING.format("amount")))
        | (needs_units & F.col(IS_MISSING.format("units")))
    )
    least = F.lit(0 if quality.allow_zero_amount else 1)
    is_bad_amount = needs_amount & ((cents < least) | (cents > quality.max_amount * 100))
    is_bad_units = needs_units & (
        (~is_split & (units_e4 <= 0))
        | (units_e4 == 0)
        | (F.abs(units_e4) > quality.max_units * 10_000)
    )
    counts_units = _counts_units(columns)
    # Any text can be read as text; what is not needed is not looked at.
    checked = [c for c in columns if c.kind != "text" and (counts_units or c.name != "units")]
    fee_cents = F.col("fee_cents")
    is_bad_fee = (fee_cents < 0) | (fee_cents > quality.max_amount * 100)
    ordered_late = F.col("application_date") > F.col("trade_date")
    return [
        (MISSING_VALUE, is_missing),
        (UNPARSEABLE, any_flag(IS_UNREADABLE, checked)),
        (UNKNOWN_TRADE_TYPE, ~trade_types.is_known_type(F.col("trade_type"))),
        (OUT_OF_RANGE, any_flag(IS_BEYOND, checked) | is_too_early("trade_date")),
        (OUT_OF_RANGE, is_bad_amount | is_bad_units),
        (OUT_OF_RANGE, is_bad_fee),
        (OUT_OF_RANGE, ordered_late | is_too_early("application_date")),
    ]


def readable_rules(columns: Sequence[InputColumn]) -> list[Rule]:
    """Rules of every input: lines, required values, values that can be read."""
    needed = [column for column in columns if column.required]
    return [
        (UNPARSEABLE, F.col("is_corrupt")),
        (MISSING_VALUE, any_flag(IS_MISSING, needed)),
        (UNPARSEABLE, any_flag(IS_UNREADABLE, columns)),
    ]


def late_rule(column: str, as_of: dt.date) -> Rule:
    """What is dated after the business date waits for a later one."""
    return (AFTER_AS_OF, F.col(column) > F.lit(as_of))


def is_too_early(column: str) -> Column:
    """A date from which days are not counted."""
    return F.col(column) < F.lit(EARLIEST_DATE)


def _is_rate(column: InputColumn) -> bool:
    return column.kind == "rate"


def any_beyond(columns: Sequence[InputColumn]) -> Column:
    """Whether one of the columns holds a number that is not finite or too large."""
    return any_flag(IS_BEYOND, columns)


def any_flag(flag: str, columns: Sequence[InputColumn]) -> Column:
    """Whether a flag of ``parsing.py`` is set for one of the columns."""
    return reduce(or_, [F.col(flag.format(column.name)) for column in columns])
