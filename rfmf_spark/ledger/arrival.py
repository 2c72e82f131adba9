"""Whether inputs have arrived, and as a whole: held against the date, and against an earlier run.

Known before the rows are judged, so a run is stopped before its heavy work. Both limits are off by
default. How many rows are bad is another question: see ``reconciliation.py``.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rfmf_spark.config.requirements import require_inputs
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import GateStoppedError
from rfmf_spark.ledger.clean_ledger import CleanLedger
from rfmf_spark.tables.figures import count_input_rows
from rfmf_spark.tables.runs import find_current_run
from rfmf_spark.tables.store import RunKey, TableStore


@dataclass(frozen=True)
class EarlierRows:
    """Rows of each input, as they came, that an earlier run has read."""

    run: RunKey
    rows: Mapping[str, int]


def find_earlier_rows(store: TableStore, settings: Settings) -> EarlierRows | None:
    """Those of the run that readers see of the latest date up to the business date.

    None before the first run, and where nobody asks for them.
    """
    if settings.quality.min_rows_share is None:
        return None
    as_of = require_inputs(settings)
    run = find_current_run(store, before=as_of + dt.timedelta(days=1))
    if run is None:
        return None
    rows: Counter[str] = Counter()
    for (source, _), count in count_input_rows(store, run).items():
        rows[source] += count
    return EarlierRows(run, rows)


def require_arrived(ledger: CleanLedger, settings: Settings, earlier: EarlierRows | None) -> None:
    """Hold an opened ledger against the limits. Raises ``GateStoppedError``."""
    limit = settings.quality.max_age_days
    if limit is not None:
        require_fresh(ledger.trades.newest, require_inputs(settings), limit)
    share = settings.quality.min_rows_share
    if share is not None and earlier is not None:
        rows = {source.source.name: source.rows for source in ledger.sources}
        require_volume(rows, earlier, share)


def require_fresh(newest: dt.date | None, as_of: dt.date, limit: int) -> None:
    """Raise ``GateStoppedError`` where the newest trade is more than ``limit`` days old."""
    age = None if newest is None else (as_of - newest).days
    if age is not None and age <= limit:
        return
    found = (
        f"has no trade up to {as_of}"
        if newest is None
        else f"has its newest trade up to {as_of} on {newest}, {age} days before"
    )
    raise GateStoppedError(
        f"input.trades: {found}, and quality.max_age_days = {limit} allows no older; nothing was "
        f"published. Wait until the trades of these days are there, correct as_of, or raise the "
        f"setting for this run"
    )


def require_volume(rows: Mapping[str, int], earlier: EarlierRows, share: float) -> None:
    """Raise ``GateStoppedError`` where an input has shrunk to less than a share of its rows."""
    for name, now in rows.items():
        before = earlier.rows.get(name, 0)
        if now < share * before:
            raise GateStoppedError(
                f"input.{name}: {now:,} rows are {now / before:.1%} of the {before:,} that run "
                f"{earlier.run.run_id} of {earlier.run.as_of} has read, less than "
                f"quality.min_rows_share = {share:g} allows; nothing was published. Was it loaded "
                f"by half? Load the rest and run again, or lower the setting for this run where "
                f"the input is meant to be smaller"
            )
