"""The generated ledger."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from rfmf_spark.config.sections.section import BusinessDate, Section


class SyntheticSettings(Section):
    """The generated ledger (rfmf generate, rfmf demo)."""

    users: int = Field(100_000, ge=1, description="All users, those who never trade too.")
    products: int = Field(30, ge=6, le=5000, description="Fund share classes.")
    seed: int = Field(7, ge=0, description="Same seed, same rows.")
    start: Annotated[dt.date, Field(strict=False)] = Field(
        dt.date(2018, 12, 11), description="First day of the ledger."
    )
    end: Annotated[dt.date, Field(strict=False)] = Field(
        dt.date(2019, 8, 14), description="Last day of the ledger."
    )
    prospect_share: float = Field(
        0.1, ge=0, lt=1, description="Share of the users who have a profile but never trade."
    )
    profile_signal: float = Field(
        1.0,
        ge=0,
        le=1,
        description="How much profiles tell about users: 1 as in the description of the ledger, "
        "0 nothing.",
    )
    opening: BusinessDate = Field(
        None,
        description="Write the positions at this date (table opening_positions) instead of the "
        "trades up to it (YYYY-MM-DD).",
    )
    dirty: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of purchases with a bad row beside them; table planted lists them.",
    )
    skew: bool = Field(
        False, description="One user with a great many trades, one product with half of all."
    )
    skew_purchases: int = Field(
        1_000_000,
        ge=1,
        description="Purchases of the heavy user of a skewed ledger; at most as many as users.",
    )
