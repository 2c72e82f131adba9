"""How a company's own columns, constants, dates and trade types become those of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column
from pyspark.sql import functions as F

from rfmf_spark.config.sections.input import TRADE_ID, InputSettings
from rfmf_spark.errors import ConfigurationError
from rfmf_spark.ledger.trade_types import TRADE_TYPES, is_known_type
from rfmf_spark.schemas.inputs import InputColumn

ISO_DATE = "yyyy-MM-dd"


@dataclass(frozen=True)
class InputMapping:
    """Mapping of one input; by default the input already speaks the contract.

    ``columns`` names the input's column by the contract's, ``constants`` holds values of columns
    that the input lacks, ``date_formats`` are tried in order on dates that are text. ``content``
    are the columns that make ``trade_id``, where a column of the input does not.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    date_formats: tuple[str, ...] = (ISO_DATE,)
    trade_types: Mapping[str, str] = field(default_factory=dict)
    content: tuple[InputColumn, ...] = ()

    def makes(self, name: str) -> bool:
        """Whether a column of the contract is made of others, whatever the input has."""
        return bool(self.content) and name == TRADE_ID

    def column_of(self, name: str) -> str:
        """Name of the input's column that holds a column of the contract."""
        return self.columns.get(name, name)

    def contract_type(
        self, trade_type: Column, without_padding: Column, is_number: bool = False
    ) -> Column:
        """The contract's trade type; an unknown one stays as it is, without padding.

        It is looked up as it is written first: then nearly no value has to be trimmed. A code that
        is a number in the input has lost its leading zeros: there 22 is also 022.
        """
        names = _as_numbers(self.trade_types) if is_number else self.trade_types
        pairs = [F.lit(text) for own, name in names.items() for text in (own.strip(), name)]
        found = [F.when(is_known_type(trade_type), trade_type)]
        if pairs:
            translations = F.create_map(*pairs)
            found += [
                F.try_element_at(translations, trade_type),
                F.when(is_known_type(without_padding), without_padding),
                F.try_element_at(translations, without_padding),
            ]
        return F.coalesce(*found, without_padding)


def _as_numbers(trade_types: Mapping[str, str]) -> dict[str, str]:
    """The codes that are whole numbers, as these print; one in full wins over its short form."""
    codes = {own.strip(): name for own, name in trade_types.items() if _is_code(own.strip())}
    short: dict[str, set[str]] = {}
    for own, name in codes.items():
        short.setdefault(str(int(own)), set()).add(name)
    clear = {number: min(names) for number, names in short.items() if len(names) == 1}
    return clear | {own: name for own, name in codes.items() if own == str(int(own))}


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit()


def mapping_of(settings: InputSettings, name: str, columns: Sequence[InputColumn]) -> InputMapping:
    """The mapping of one input. Raises ``ConfigurationError`` for names the contract lacks."""
    mapped: Mapping[str, str] = getattr(settings.columns, name, {})
    constants: Mapping[str, str] = getattr(settings.constants, name, {})
    known = [column.name for column in columns]
    for section, values in (("columns", mapped), ("constants", constants)):
        for column in values:
            if column not in known:
                raise ConfigurationError(
                    f"input.{section}.{name}.{column}: the contract has no such column; it has "
                    f"{', '.join(known)}"
                )
    _check_types(settings.trade_types)
    content: tuple[InputColumn, ...] = ()
    if settings.trade_ids == "content" and name == "trades":
        content = tuple(column for column in columns if column.name != TRADE_ID)
    return InputMapping(mapped, constants, settings.date_formats, settings.trade_types, content)


def _check_types(trade_types: Mapping[str, str]) -> None:
    known = {kind.name for kind in TRADE_TYPES}
    for own, contract in trade_types.items():
        if contract not in known:
            raise ConfigurationError(
                f"input.trade_types.{own} is {contract!r}; expected one of "
                f"{', '.join(sorted(known))}"
            )
