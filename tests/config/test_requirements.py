"""What a run demands of its settings before anything is started."""

from __future__ import annotations

import datetime as dt

import pytest

from rfmf_spark.config.requirements import require_inputs
from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import ConfigurationError

INPUTS = {"trades": "t", "nav": "n", "products": "p", "opening_positions": "o"}
AS_OF = dt.date(2019, 8, 14)


@pytest.mark.parametrize(
    ("features", "name", "value"),
    [
        ({"frequency_unit": "day"}, "features.frequency_unit", "day"),
        ({"frequency_unit": "order"}, "features.frequency_unit", "order"),
        ({"window_days": 365}, "features.window_days", "365"),
        ({"window_start": "2019-01-01"}, "features.window_start", "2019-01-01"),
    ],
)
def test_what_opening_positions_cannot_continue_is_refused(
    features: dict[str, object], name: str, value: str
) -> None:
    settings = Settings.model_validate({"as_of": AS_OF, "input": INPUTS, "features": features})

    with pytest.raises(ConfigurationError) as refused:
        require_inputs(settings)

    assert refused.value.exit_code == 2
    assert str(refused.value) == (
        f"{name} is {value}, but input.opening_positions carries frequency by trade over the whole "
        f"window: leave {name} at its default, or give all trades instead of "
        f"input.opening_positions"
    )


def test_given_features_have_no_opening() -> None:
    settings = Settings.model_validate({"as_of": AS_OF, "input": INPUTS | {"features": "f"}})

    with pytest.raises(ConfigurationError, match=r"^input\.features is f, but input\.opening_p"):
        require_inputs(settings)


def test_every_basis_can_be_opened() -> None:
    for basis in ("management_fee", "principal_days", "amount", "net_revenue"):
        settings = Settings.model_validate(
            {"as_of": AS_OF, "input": INPUTS, "features": {"basis": basis}}
        )
        assert require_inputs(settings) == AS_OF
