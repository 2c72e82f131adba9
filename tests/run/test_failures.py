"""What a failure of the engine is told as: by the stage, and by the inputs that are read there."""

from __future__ import annotations

import pytest

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError, GateStoppedError, InputRefusedError
from rfmf_spark.run.failures import known_cause, telling_known_causes

OVERFLOW = RuntimeError("[ARITHMETIC_OVERFLOW] overflow. The value 4611686018427387904 …")


def told(stage: str, basis: str = "management_fee", **inputs: str) -> str:
    settings = Settings.model_validate({"input": inputs, "features": {"basis": basis}})
    error = known_cause(OVERFLOW, settings, stage)
    assert isinstance(error, InputRefusedError)
    assert "4611686018427387904" not in str(error)
    return str(error)


def test_too_large_numbers_are_looked_for_where_the_stage_has_them_from() -> None:
    assert told("features", trades="t", nav="n", products="p") == (
        "stage features: amounts, units, fees or values of one user do not fit into 64 bits; they "
        "are made of input.trades, input.nav, input.products: correct what is too large there, or "
        "lower quality.max_amount and quality.max_units so that such rows are quarantined"
    )
    opened = told("store", trades="t", nav="n", products="p", opening_positions="o")
    assert "stage store:" in opened
    assert "input.trades, input.opening_positions, input.nav, input.products" in opened


def test_what_a_basis_does_without_is_not_blamed() -> None:
    amounts = told("features", "amount", trades="t")

    assert "amounts of one user" in amounts
    assert "input.nav" not in amounts


def test_given_features_are_blamed_for_themselves() -> None:
    assert told("features", features="f").startswith("input.features: stage features: the freq")
    assert "input.trades" not in told("score", features="f")
    assert "table user_features" in told("score", trades="t")


def test_errors_of_ours_stay_and_others_are_not_known() -> None:
    ours = GateStoppedError("ours")

    assert known_cause(ours, Settings(), "features") is ours
    assert known_cause(KeyError("theirs"), Settings(), "features") is None
    with pytest.raises(KeyError), telling_known_causes(Settings(), "clean"):
        raise KeyError("theirs")
    with pytest.raises(ConfigurationError), telling_known_causes(Settings(), "clean"):
        raise RuntimeError("[INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER] Illegal pattern")
