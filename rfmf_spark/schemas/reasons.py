"""Why a row of an input does not count: the catalogue of the data contract."""

from __future__ import annotations

MISSING_VALUE = "missing_value"
UNPARSEABLE = "unparseable"
OUT_OF_RANGE = "out_of_range"
UNKNOWN_TRADE_TYPE = "unknown_trade_type"
UNKNOWN_PRODUCT = "unknown_product"
NO_NAV = "no_nav"
IMPLAUSIBLE_DATE = "implausible_date"
DUPLICATE = "duplicate"
CONFLICTING_DUPLICATE = "conflicting_duplicate"
AFTER_AS_OF = "after_as_of"
BEFORE_WINDOW = "before_window"
BEFORE_OPENING = "before_opening"
CANCELLED = "cancelled"
FAILED = "failed"
SUPERSEDED = "superseded"

# Rows left out by a declared rule; every other reason means quarantine.
EXCLUDING_REASONS = (
    AFTER_AS_OF,
    BEFORE_WINDOW,
    BEFORE_OPENING,
    CANCELLED,
    FAILED,
    SUPERSEDED,
)

QUARANTINING_REASONS = (
    MISSING_VALUE,
    UNPARSEABLE,
    OUT_OF_RANGE,
    UNKNOWN_TRADE_TYPE,
    UNKNOWN_PRODUCT,
    NO_NAV,
    IMPLAUSIBLE_DATE,
    DUPLICATE,
    CONFLICTING_DUPLICATE,
)

# What a row of these was about is known, so a correction can still replace it, or be it.
CORRECTABLE_REASONS = (AFTER_AS_OF, BEFORE_WINDOW, BEFORE_OPENING, CANCELLED, FAILED)
