"""Bad rows planted beside good ones, one kind for every rule of the data contract.

A bad row is a copy of a good trade with something spoiled, so that refusing it leaves the ledger
as it was; only contradictions and overdrawn positions take something away from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.synthetic.lookup import value_at
from rfmf_spark.synthetic.plan import LedgerPlan
from rfmf_spark.synthetic.products import Catalog
from rfmf_spark.synthetic.randomness import integer_below, uniform_draw

Outcome = Literal["quarantined", "excluded", "flagged"]

UNKNOWN_PRODUCT_ID = "999999"
UNVALUED_PRODUCT_ID = "999998"
"""No product at all, and a product without NAV, which the products of a dirty ledger contain."""
REDEMPTIONS_PER_DEFECT = 8
"""Redemptions are contradicted so many times more rarely than purchases get a bad row."""
_PURCHASE = "subscription"
_OVERDRAWN_UNITS = "5000000000.0000"
_DAYS_AFTER_THE_END = 7
_CONFIRMED_AT, _CORRECTED_FROM = " 20:00:00", " 18:00:00"
_GOOD, _BAD = 0, 1


@dataclass(frozen=True)
class Defect:
    """One way to spoil a copy: its reason, what becomes of it, and the texts put in its columns."""

    reason: str
    outcome: Outcome = "quarantined"
    texts: dict[str, str | None] = field(default_factory=dict)
    keeps_id: bool = False
    changes_amount: bool = False


def list_defects(plan: LedgerPlan, catalog: Catalog) -> tuple[Defect, ...]:
    """All kinds; the last one is for redemptions, the others are for purchases."""
    late = plan.end + timedelta(days=_DAYS_AFTER_THE_END)
    early = min(product.inception_date for product in catalog.products) - timedelta(days=1)
    overdrawn: dict[str, str | None] = {"trade_type": "redemption", "units": _OVERDRAWN_UNITS}
    return (
        *[Defect("missing_value", texts={name: text}) for name, text in _MISSING],
        *[Defect("unparseable", texts={name: text}) for name, text in _UNPARSEABLE],
        *[Defect("out_of_range", texts={name: text}) for name, text in _OUT_OF_RANGE],
        Defect("unknown_trade_type", texts={"trade_type": "gift"}),
        Defect("unknown_product", texts={"product_id": UNKNOWN_PRODUCT_ID}),
        Defect("no_nav", texts={"product_id": UNVALUED_PRODUCT_ID}),
        Defect("implausible_date", texts=_both_dates(early)),
        Defect("duplicate", keeps_id=True),
        Defect("superseded", "excluded", keeps_id=True, changes_amount=True),
        Defect("cancelled", "excluded", texts={"status": "cancelled"}),
        Defect("failed", "excluded", texts={"status": "Failed"}),
        Defect("after_as_of", "excluded", texts=_both_dates(late)),
        Defect("overdrawn_position", "flagged", texts=overdrawn),
        Defect("conflicting_duplicate", keeps_id=True, changes_amount=True),
    )


_MISSING: tuple[tuple[str, str | None], ...] = (
    ("user_id", None),
    ("product_id", ""),
    ("trade_date", None),
    ("trade_type", " "),
    ("amount", None),
    ("units", ""),
)
_UNPARSEABLE = (("amount", "twelve"), ("units", "1,234.5"), ("trade_date", "14/08/2019"))
_OUT_OF_RANGE = (("amount", "0.00"), ("amount", "NaN"), ("units", "-10.0000"), ("units", "1e30"))


def add_bad_rows(trades: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    """Trades of ``build_trades`` and the bad rows beside them.

    Adds updated_at and status; trade_date, amount, units and updated_at become text, which alone
    can hold anything.
    """
    defects = list_defects(plan, catalog)
    is_bad = F.col("copy") == _BAD
    older = _positions(defects, lambda defect: defect.reason == "superseded")
    moment = F.when(is_bad & F.col("defect").isin(older), F.lit(_CORRECTED_FROM)).otherwise(
        F.lit(_CONFIRMED_AT)
    )
    date_text = F.col("trade_date").cast("string")
    written = _explode_copies(_mark(trades, plan, defects)).withColumns(
        {"status": F.lit("confirmed"), "updated_at": F.concat(date_text, moment)}
    )
    contents = [name for name in written.columns if name not in ("defect", "copy")]
    return written.select([_spoiled(name, defects).alias(name) for name in contents])


def list_bad_rows(trades: DataFrame, plan: LedgerPlan, catalog: Catalog) -> DataFrame:
    """What a run as of the last day of the plan has to find, one row per row that it concerns.

    Columns: source, trade_id, reason, outcome (quarantined, excluded, or flagged for a position
    that an accepted trade has overdrawn), and user_id and product_id of the trade copied. Both
    rows of a contradiction are listed.
    """
    defects = list_defects(plan, catalog)
    marked = _mark(trades, plan, defects).where(F.col("defect").isNotNull())
    rows = _explode_copies(marked)
    is_concerned = (F.col("copy") == _BAD) | (F.col("defect") == len(defects) - 1)
    return rows.where(is_concerned).select(
        F.lit("trades").alias("source"),
        _trade_id(defects).alias("trade_id"),
        value_at([defect.reason for defect in defects], F.col("defect")).alias("reason"),
        value_at([defect.outcome for defect in defects], F.col("defect")).alias("outcome"),
        "user_id",
        "product_id",
    )


def _both_dates(day: date) -> dict[str, str | None]:
    # An order after its confirmation would be another mistake.
    return {"trade_date": str(day), "application_date": str(day)}


def _mark(trades: DataFrame, plan: LedgerPlan, defects: Sequence[Defect]) -> DataFrame:
    """Trades with ``defect``, the number of what is planted beside them (null: nothing)."""
    trade_type, key = F.col("trade_type"), F.col("trade_id")
    draw = uniform_draw(plan.seed, "dirty", key)
    kind = integer_below(len(defects) - 1, plan.seed, "defect", key)
    is_purchase = trade_type.endswith(_PURCHASE)
    is_contradicted = (trade_type == "redemption") & (draw < plan.dirty / REDEMPTIONS_PER_DEFECT)
    return trades.withColumn(
        "defect",
        F.when(is_purchase & (draw < plan.dirty), kind).when(
            is_contradicted, F.lit(len(defects) - 1)
        ),
    )


def _explode_copies(marked: DataFrame) -> DataFrame:
    has_defect = F.col("defect").isNotNull()
    both, one = F.array(F.lit(_GOOD), F.lit(_BAD)), F.array(F.lit(_GOOD))
    return marked.withColumn("copy", F.explode(F.when(has_defect, both).otherwise(one)))


def _spoiled(name: str, defects: Sequence[Defect]) -> Column:
    """The column of a row: as it was for the good one, with the defect's text for the bad one."""
    value = _trade_id(defects) if name == "trade_id" else F.col(name)
    if name in ("trade_date", "amount", "units"):
        value = _with_changed_amount(value, name, defects).cast("string")
    for number, defect in enumerate(defects):
        if name in defect.texts:
            is_spoiled = (F.col("copy") == _BAD) & (F.col("defect") == number)
            text = F.lit(defect.texts[name])
            spoiled = text.cast("date") if name == "application_date" else text
            value = F.when(is_spoiled, spoiled).otherwise(value)
    return value


def _with_changed_amount(value: Column, name: str, defects: Sequence[Defect]) -> Column:
    if name != "amount":
        return value
    changed = _positions(defects, lambda defect: defect.changes_amount)
    is_changed = (F.col("copy") == _BAD) & F.col("defect").isin(changed)
    return F.when(is_changed, (value + F.lit(1)).cast("decimal(18,2)")).otherwise(value)


def _trade_id(defects: Sequence[Defect]) -> Column:
    own = _positions(defects, lambda defect: not defect.keeps_id)
    is_own = (F.col("copy") == _BAD) & F.col("defect").isin(own)
    return F.when(is_own, F.concat("trade_id", F.lit("-2"))).otherwise(F.col("trade_id"))


def _positions(defects: Sequence[Defect], wanted: Callable[[Defect], bool]) -> list[int]:
    return [number for number, defect in enumerate(defects) if wanted(defect)]
