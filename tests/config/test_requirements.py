"""What a run demands of its settings before anything is started."""

from __future__ import annotations

import datetime as dt

from rfmf_spark.config.requirements import require_inputs
from rfmf_spark.config.settings import Settings

INPUTS = {"trades": "t", "nav": "n", "products": "p", "opening_positions": "o"}
AS_OF = dt.date(2019, 8, 14)


def test_every_basis_can_be_opened() -> None:
    for basis in ("management_fee", "principal_days", "amount", "net_revenue"):
        settings = Settings.model_validate(
            {"as_of": AS_OF, "input": INPUTS, "features": {"basis": basis}}
        )
        assert require_inputs(settings) == AS_OF
