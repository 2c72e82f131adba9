"""Reconciliation: every row that came in is accounted for, in counts and in exact sums.

The totals of an input are counted on the rows as they came, apart from the totals per outcome;
both are compared before anything is published, and so are the totals behind the features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pandas as pd

from rfmf_spark.errors import GateStoppedError, InputRefusedError
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.schemas.reasons import EXCLUDING_REASONS

Outcome = Literal["accepted", "quarantined", "excluded"]


@dataclass(frozen=True)
class OutcomeTotals:
    """Totals of one outcome of one input; ``reason`` is empty for accepted rows."""

    source: str
    outcome: Outcome
    reason: str
    totals: Totals


def outcomes_of(source: str, by_reason: dict[str | None, Totals]) -> list[OutcomeTotals]:
    """Outcomes in a fixed order: accepted first, then by reason."""
    outcomes = [OutcomeTotals(source, "accepted", "", by_reason.get(None, Totals()))]
    for reason in sorted(reason for reason in by_reason if reason is not None):
        outcome: Outcome = "excluded" if reason in EXCLUDING_REASONS else "quarantined"
        outcomes.append(OutcomeTotals(source, outcome, reason, by_reason[reason]))
    return outcomes


def check_balance(source: str, input_totals: Totals, outcomes: Iterable[OutcomeTotals]) -> None:
    """Raise ``GateStoppedError`` unless the outcomes add up to what came in."""
    accounted = Totals()
    for outcome in outcomes:
        accounted += outcome.totals
    check_equal(f"input.{source}", input_totals, accounted)


def check_equal(what: str, expected: Totals, found: Totals) -> None:
    """Raise ``GateStoppedError`` unless two totals are equal to the last digit."""
    if expected != found:
        raise GateStoppedError(
            f"{what}: control totals differ: {_tell(expected)} expected, {_tell(found)} found; "
            f"nothing was published. Was the input changed during the run? Repeat the run"
        )


def check_bad_share(
    source: str,
    input_totals: Totals,
    outcomes: Iterable[OutcomeTotals],
    limit: float,
    limit_by_reason: Mapping[str, float] | None = None,
    *,
    are_kept: bool = True,
) -> None:
    """Raise ``InputRefusedError`` when too large a share of the rows is quarantined.

    Reasons with a limit of their own are held against that one, and not against ``limit``.
    ``are_kept``: bad rows are in the table ``quarantine`` by then.
    """
    own_limits = limit_by_reason or {}
    place = "the rows are" if are_kept else "a run leaves the rows"
    quarantined = [outcome for outcome in outcomes if outcome.outcome == "quarantined"]
    for outcome in quarantined:
        own_limit = own_limits.get(outcome.reason)
        if own_limit is not None and outcome.totals.rows > own_limit * input_totals.rows:
            raise InputRefusedError(
                f"input.{source}: {outcome.totals.rows:,} of {input_totals.rows:,} rows "
                f"({outcome.totals.rows / input_totals.rows:.2%}) are {outcome.reason}, more than "
                f"quality.max_bad_share_by_reason.{outcome.reason} = {own_limit:g} allows; correct "
                f"the input ({place} in table quarantine) or raise the setting"
            )
    bad = [outcome for outcome in quarantined if outcome.reason not in own_limits]
    rows = sum(outcome.totals.rows for outcome in bad)
    if rows <= limit * input_totals.rows:
        return
    worst = ", ".join(
        f"{outcome.reason} {outcome.totals.rows:,}"
        for outcome in sorted(bad, key=lambda outcome: -outcome.totals.rows)
    )
    raise InputRefusedError(
        f"input.{source}: {rows:,} of {input_totals.rows:,} rows are bad "
        f"({rows / input_totals.rows:.2%}; {worst}), more than quality.max_bad_share = {limit:g} "
        f"allows; correct the input ({place} in table quarantine) or raise the setting"
    )


def as_table(outcomes: Iterable[OutcomeTotals]) -> pd.DataFrame:
    """Outcomes as rows of the table ``reconciliation``, in yuan and units."""
    rows = [
        (
            outcome.source,
            outcome.outcome,
            outcome.reason,
            outcome.totals.rows,
            Decimal(outcome.totals.cents).scaleb(-2),
            Decimal(outcome.totals.units_e4).scaleb(-4),
        )
        for outcome in outcomes
    ]
    return pd.DataFrame(rows, columns=["source", "outcome", "reason", "rows", "amount", "units"])


def _tell(totals: Totals) -> str:
    amount, units = Decimal(totals.cents).scaleb(-2), Decimal(totals.units_e4).scaleb(-4)
    return f"{totals.rows:,} rows, amount {amount:,}, units {units:,}"
