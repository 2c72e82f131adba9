"""Each basis of the monetary value has one definition, which fits the tables it reads."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from rfmf_spark.config.bases import (
    BASES,
    OPENING_COLUMNS_OF_A_BASIS,
    SummedColumn,
    basis_of,
    values_positions,
)
from rfmf_spark.config.sections.features import Basis
from rfmf_spark.config.settings import Settings
from rfmf_spark.schemas.inputs import OPENING_COLUMNS, PRODUCT_COLUMNS


def test_every_basis_that_can_be_chosen_is_defined() -> None:
    assert set(BASES) == set(get_args(Basis))
    for name, basis in BASES.items():
        chosen = Settings.model_validate({"features": {"basis": name}})
        assert basis_of(chosen.features) is basis


def test_a_definition_names_columns_that_the_inputs_have() -> None:
    rates = {column.name for column in PRODUCT_COLUMNS if column.kind == "rate"}
    opening = {column.name for column in OPENING_COLUMNS}
    for basis in BASES.values():
        assert set(basis.rates) <= rates
        assert set(basis.opening_columns) <= opening
        assert basis.column in get_args(SummedColumn)
    # A rate or a column that no basis asks for would be read for nothing.
    assert {name for basis in BASES.values() for name in basis.rates} == rates
    asked = {"accrued_fee", "net_fees", "principal_days", "open_lots"}
    assert asked == OPENING_COLUMNS_OF_A_BASIS


def test_what_each_basis_needs() -> None:
    assert {name: basis.inputs for name, basis in BASES.items()} == {
        "management_fee": ("trades", "nav", "products"),
        "principal_days": ("trades", "nav", "products"),
        "amount": ("trades",),
        "net_revenue": ("trades", "nav", "products"),
    }
    assert [name for name, basis in BASES.items() if basis.has_lots] == ["principal_days"]
    assert [basis.scale for basis in BASES.values()] == [8, 2, 2, 8]


@pytest.mark.parametrize(
    ("basis", "inputs", "valued"),
    [
        ("management_fee", (), True),
        ("amount", (), False),
        ("amount", ("nav",), False),
        ("amount", ("nav", "products"), True),
    ],
)
def test_positions_are_valued_where_the_basis_or_the_inputs_say_so(
    basis: str, inputs: tuple[str, ...], valued: bool
) -> None:
    given = {"trades": "t"} | {name: name for name in inputs}
    settings = Settings.model_validate({"input": given, "features": {"basis": basis}})

    assert values_positions(settings) is valued


def test_a_definition_stays_as_it_is() -> None:
    with pytest.raises(FrozenInstanceError):
        BASES["amount"].scale = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        BASES["amount"].rates["management_fee_rate"] = -1  # type: ignore[index]
