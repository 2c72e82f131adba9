"""What the column ``control_totals`` of ``runs`` tells: totals that stages are held against."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class ControlTotals:
    """Totals of a run, as far as it has come; None where nobody has counted.

    ``newest_trade_date`` (ISO) is the last one up to the business date, of trades that count or
    not. ``accepted_…`` are those of the clean inputs: rows by input, and purchases of trades and
    opening positions. Those of users come from the table ``user_features`` as it was written.
    """

    newest_trade_date: str | None = None
    accepted_rows: Mapping[str, int] = field(default_factory=dict)
    accepted_purchases: int | None = None
    accepted_purchase_cents: int | None = None
    users: int | None = None
    purchases: int | None = None
    purchase_cents: int | None = None
    users_without_purchase: int | None = None
    overdrawn_positions: int | None = None
    profiles: int | None = None
    profiles_without_purchase: int | None = None

    def counted(self, **totals: Any) -> Self:
        """These totals, with what a stage has counted now."""
        return dataclasses.replace(self, **totals)

    def as_json(self) -> dict[str, Any]:
        """What there is, by name."""
        return {name: value for name, value in vars(self).items() if value not in (None, {})}

    @classmethod
    def from_json(cls, recorded: Mapping[str, Any]) -> Self:
        """Totals as an event of a run tells them; names of other versions do not count."""
        known = {entry.name for entry in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in recorded.items() if name in known})
