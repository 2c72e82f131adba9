"""What each basis of the monetary value is made of: the one place that knows them apart.

Whoever needs the value, or what it is computed from, asks the definition of the basis, and not for
its name. What the bases mean is in docs/model.md; how they are called in reports, in
``report/measures.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from rfmf_spark.config.sections.features import Basis, FeatureSettings
from rfmf_spark.config.settings import Settings

# Sums per user that a monetary value can be.
SummedColumn = Literal["fee_e8", "principal_days", "purchase_cents"]

_MANAGEMENT_FEE = MappingProxyType({"management_fee_rate": 1})


@dataclass(frozen=True)
class BasisOfValue:
    """One basis: its unit, what it is summed from, and what that needs.

    ``column`` is the sum per user that is the value, in 10 ** -``scale`` yuan (yuan-days for
    ``principal_days``). ``inputs`` are those without which it cannot be found. ``rates`` are the
    yearly rates of a product that fee curves accrue, each with its sign, and
    ``takes_transaction_fees`` says whether those of single trades are added. ``accrued_before``
    are the columns of an opening position that add up to its value so far; ``has_lots`` says
    whether purchases are followed as lots, first-in-first-out.
    """

    column: SummedColumn
    scale: int
    inputs: tuple[str, ...] = ("trades", "nav", "products")
    rates: Mapping[str, int] = field(default_factory=lambda: _MANAGEMENT_FEE)
    takes_transaction_fees: bool = False
    accrued_before: tuple[str, ...] = ()
    has_lots: bool = False

    @property
    def opening_columns(self) -> tuple[str, ...]:
        """Columns of an opening position that this basis needs, and not every one does."""
        return (*self.accrued_before, *(("principal_days", "open_lots") if self.has_lots else ()))

    @property
    def values_positions(self) -> bool:
        """Whether there is no value without units, and what these are worth."""
        return {"nav", "products"} <= set(self.inputs)


BASES: Mapping[Basis, BasisOfValue] = MappingProxyType(
    {
        "management_fee": BasisOfValue("fee_e8", 8, accrued_before=("accrued_fee",)),
        "principal_days": BasisOfValue("principal_days", 2, has_lots=True),
        "amount": BasisOfValue("purchase_cents", 2, inputs=("trades",)),
        "net_revenue": BasisOfValue(
            "fee_e8",
            8,
            rates=MappingProxyType(
                {
                    "management_fee_rate": 1,
                    "sales_service_fee_rate": 1,
                    "trailing_commission_rate": -1,
                }
            ),
            takes_transaction_fees=True,
            accrued_before=("accrued_fee", "net_fees"),
        ),
    }
)

# Columns of an opening position that some basis needs.
OPENING_COLUMNS_OF_A_BASIS = frozenset(
    name for basis in BASES.values() for name in basis.opening_columns
)


def basis_of(features: FeatureSettings) -> BasisOfValue:
    """The basis that is configured."""
    return BASES[features.basis]


def values_positions(settings: Settings) -> bool:
    """Whether positions are valued: the basis asks for it, or all that it takes is there."""
    inputs = settings.input
    return basis_of(settings.features).values_positions or bool(inputs.nav and inputs.products)
