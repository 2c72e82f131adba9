"""Where the records come from, and how they are written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from rfmf_spark.config.sections.dates import DatePatterns
from rfmf_spark.config.sections.section import Section, contradiction

# The type names that Chinese registrars use, as far as their meaning is not in doubt.
CHINESE_TRADE_TYPES = {
    "认购": "initial_subscription",
    "申购": "subscription",
    "定投": "recurring_subscription",
    "转入": "conversion_in",
    "红利再投": "dividend_reinvestment",
    "强增": "adjust_in",
    "非交易过户": "transfer_in",
    "赎回": "redemption",
    "转出": "conversion_out",
    "强赎": "forced_redemption",
    "强减": "adjust_out",
    "现金分红": "cash_dividend",
    "拆分": "split",
}

Names = dict[str, str]

TRADE_ID = "trade_id"


# Delimiters that are hard to type, as people write them.
_DELIMITERS = {"\\t": "\t", "tab": "\t", "pipe": "|", "comma": ",", "semicolon": ";"}


def _as_character(typed: object) -> object:
    return _DELIMITERS.get(typed.lower(), typed) if isinstance(typed, str) else typed


class CsvSettings(Section):
    """How CSV inputs are written."""

    delimiter: Annotated[str, BeforeValidator(_as_character)] = Field(
        ",",
        min_length=1,
        max_length=1,
        description=r"One character, or its name: tab (also \t), pipe, comma, semicolon.",
    )
    encoding: str = Field("UTF-8", description="Character encoding of the files.")
    quote: str = Field(
        '"', max_length=1, description="What stands around a value; empty: nothing does."
    )
    escape: str = Field(
        "",
        max_length=1,
        description="What stands before a quote in a quoted value; empty: quotes are doubled.",
    )
    multiline: bool = Field(
        False,
        description="Whether quoted values may hold line breaks; a file is then read by one task.",
    )
    null_value: str = Field(
        "", description=r"Text that means a missing value, such as \N; blank text always does."
    )
    decimal_mark: Literal[".", ","] = Field(
        ".", description="What stands before the decimal places of numbers."
    )
    thousands: str = Field(
        "", max_length=1, description="What stands between groups of three digits; may be empty."
    )

    @model_validator(mode="after")
    def _check_characters(self) -> CsvSettings:
        if self.delimiter in (self.quote, self.escape):
            role = "quote" if self.delimiter == self.quote else "escape"
            raise contradiction(
                f"input.csv.delimiter and input.csv.{role} are the same character; give two",
                "delimiter",
                role,
            )
        if self.multiline and not self.quote:
            raise contradiction(
                "input.csv.multiline is true, but input.csv.quote is empty, and only quoted values "
                "can hold line breaks; give the quote, or leave multiline at false",
                "multiline",
                "quote",
            )
        if self.escape and self.escape == self.quote:
            raise contradiction(
                "input.csv.escape is the quote itself; leave it empty where quotes are doubled",
                "escape",
            )
        if self.thousands and (self.thousands in "+-.,eE" or self.thousands.isalnum()):
            is_other_mark = self.thousands in ".," and self.thousands != self.decimal_mark
            if not is_other_mark:
                raise contradiction(
                    f"input.csv.thousands is {self.thousands!r}; expected a mark that is neither a "
                    f"part of numbers nor input.csv.decimal_mark",
                    "thousands",
                    "decimal_mark",
                )
        return self


class PerInputNames(Section):
    """By input and by column of the contract."""

    trades: Names = Field(default_factory=dict, description="For the trades.")
    nav: Names = Field(default_factory=dict, description="For the NAVs.")
    products: Names = Field(default_factory=dict, description="For the products.")
    features: Names = Field(default_factory=dict, description="For given features.")
    opening_positions: Names = Field(default_factory=dict, description="For the opening positions.")
    profiles: Names = Field(default_factory=dict, description="For the profiles.")


class InputVersions(Section):
    """Delta versions to read; null reads the latest, and records which one that was."""

    trades: int | None = Field(None, ge=0, description="Version of the trades.")
    nav: int | None = Field(None, ge=0, description="Version of the NAVs.")
    products: int | None = Field(None, ge=0, description="Version of the products.")
    features: int | None = Field(None, ge=0, description="Version of given features.")
    opening_positions: int | None = Field(
        None, ge=0, description="Version of the opening positions."
    )
    profiles: int | None = Field(None, ge=0, description="Version of the profiles.")


class InputSettings(Section):
    """Where the records come from: paths of Parquet, CSV or Delta data."""

    trades: str | None = Field(None, description="Confirmed trades (required for a run).")
    nav: str | None = Field(
        None, description="Net asset values per product and day (basis management_fee)."
    )
    products: str | None = Field(
        None, description="Products with their fee rates (basis management_fee)."
    )
    features: str | None = Field(
        None,
        description="Features that you have computed yourself, one row per user; replaces trades.",
    )
    opening_positions: str | None = Field(
        None,
        description="Positions at one day, for trades that start in the middle of history; trades "
        "up to that day do not count.",
    )
    profiles: str | None = Field(
        None, description="What is known of users, also of those without any trade."
    )
    format: Literal["auto", "parquet", "csv", "delta", "table"] = Field(
        "auto",
        description="Format of the inputs; auto takes a dotted name without slashes as a table of "
        "the catalog, looks for a Delta log, then at the file names.",
    )
    trade_ids: Literal["column", "content"] = Field(
        "column",
        description="What identifies a trade: its trade_id or, for trades without one, all that "
        "the contract knows of it. Of trades that are equal in all of that only one counts.",
    )
    versions: InputVersions = InputVersions()
    columns: PerInputNames = PerInputNames()
    constants: PerInputNames = PerInputNames()
    date_formats: DatePatterns = Field(
        ("yyyy-MM-dd",), description="Patterns of dates that are text, tried in this order."
    )
    trade_types: Names = Field(
        default_factory=lambda: dict(CHINESE_TRADE_TYPES),
        description="Your names of trade types, and the contract's type each of them means.",
    )
    csv: CsvSettings = CsvSettings()

    @model_validator(mode="after")
    def _check_trade_ids(self) -> InputSettings:
        for section in ("columns", "constants"):
            if self.trade_ids == "content" and TRADE_ID in getattr(self, section).trades:
                raise contradiction(
                    f"input.trade_ids is content, but input.{section}.trades gives a trade_id; "
                    f"leave one of the two out",
                    "trade_ids",
                    (section, "trades"),
                )
        return self
