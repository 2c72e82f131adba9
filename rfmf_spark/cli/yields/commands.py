"""``rfmf yield …``: what a yield is really worth, with the formula shown. Starts no Spark."""

from __future__ import annotations

from decimal import Decimal

from rfmf_spark.advice import yields
from rfmf_spark.cli.root import cli
from rfmf_spark.cli.yields.answers import Answer, Row, print_answer, work_out
from rfmf_spark.cli.yields.options import number_option, output_options
from rfmf_spark.cli.yields.texts import TEXTS
from rfmf_spark.config.languages import Language

_EXPECTED = "(1 − {default_probability}) × {nominal} − {default_probability} × {loss}"
_EFFECTIVE = "{nominal} × {term} / ({raising} + {term} + {settlement})"
_REAL = "(1 + {nominal}) / (1 + {inflation}) − 1"
_EXCESS = "(1 + {nominal}) / (1 + {risk_free}) − 1"
_SUBSIDISED = "{base} + {subsidy};  {principal} × {subsidy} × {days} / 365"
_CPI_PLUS = "{cpi} + {margin};  {principal} × ({cpi} + {margin} − {asset_yield})"


@cli.group("yield")
def yield_group() -> None:
    """What a yield is really worth to a user, with the formula shown.

    \b
    Rates and shares are fractions per year, 0.055 or 5.5%.
    Example: rfmf yield real --nominal 0.055 --inflation 0.02
    """


@yield_group.command()
@number_option("--nominal", "Promised yield.")
@number_option("--default-probability", "Probability of default in a year.")
@number_option("--loss", "Share of the principal lost in a default; shown beside.", "0")
@output_options
def expected(
    nominal: Decimal, default_probability: Decimal, loss: Decimal, language: Language, as_json: bool
) -> None:
    """Yield with default risk: principal safe, the loss given, and all lost.

    \b
    Example: rfmf yield expected --nominal 0.046 --default-probability 0.01
    """
    losses = {"no_loss": yields.NO_LOSS, "chosen_loss": loss, "total_loss": yields.TOTAL_LOSS}
    if loss in (yields.NO_LOSS, yields.TOTAL_LOSS):
        del losses["chosen_loss"]
    rows = []
    for key, lost in losses.items():
        found = yields.expected_yield(nominal, default_probability, lost)
        numbers = {"nominal": nominal, "default_probability": default_probability, "loss": lost}
        worked = work_out(_EXPECTED, numbers)
        rows.append(Row(key, TEXTS[key].say(language), worked, {"yield": found}))
    answer = Answer("expected", _EXPECTED, rows, [TEXTS["note_loss"].say(language)])
    print_answer(answer, language, as_json)


@yield_group.command()
@number_option("--nominal", "Promised yield.")
@number_option("--term", "Days that earn.")
@number_option("--raising", "Days of raising before the term.", "0")
@number_option("--settlement", "Days from the end of the term to the money.", "0")
@output_options
def effective(
    nominal: Decimal,
    term: Decimal,
    raising: Decimal,
    settlement: Decimal,
    language: Language,
    as_json: bool,
) -> None:
    """Yield over all days that the money is bound.

    \b
    Example: rfmf yield effective --nominal 0.046 --term 35 --raising 5 --settlement 2
    """
    found = yields.effective_yield(nominal, term, raising, settlement)
    numbers = {"nominal": nominal, "term": term, "raising": raising, "settlement": settlement}
    _print_single("effective", _EFFECTIVE, numbers, found, language, as_json)


@yield_group.command()
@number_option("--nominal", "Promised yield.")
@number_option("--inflation", "Inflation, as of the consumer price index.")
@output_options
def real(nominal: Decimal, inflation: Decimal, language: Language, as_json: bool) -> None:
    """Yield in purchasing power.

    \b
    Example: rfmf yield real --nominal 0.055 --inflation 0.02
    """
    found = yields.real_yield(nominal, inflation)
    numbers = {"nominal": nominal, "inflation": inflation}
    _print_single("real", _REAL, numbers, found, language, as_json)


@yield_group.command()
@number_option("--nominal", "Promised yield.")
@number_option("--risk-free", "Yield of money funds.", str(yields.MONEY_FUND_YIELD))
@output_options
def excess(nominal: Decimal, risk_free: Decimal, language: Language, as_json: bool) -> None:
    """Yield beyond the risk-free one.

    \b
    Example: rfmf yield excess --nominal 0.055 --risk-free 0.0266
    """
    found = yields.excess_yield(nominal, risk_free)
    numbers = {"nominal": nominal, "risk_free": risk_free}
    _print_single("excess", _EXCESS, numbers, found, language, as_json)


@yield_group.command()
@number_option("--base", "Yield of the product itself.")
@number_option("--subsidy", "What the company adds.")
@number_option("--principal", "Subsidised money, in yuan.")
@number_option("--days", "Days of the subsidy.", "365")
@output_options
def subsidised(
    base: Decimal,
    subsidy: Decimal,
    principal: Decimal,
    days: Decimal,
    language: Language,
    as_json: bool,
) -> None:
    """Yield with a subsidy, and what the subsidy costs the company.

    \b
    Example: rfmf yield subsidised --base 0.0266 --subsidy 0.01 --principal 1000000 --days 30
    """
    found = yields.subsidised_yield(base, subsidy, principal, days)
    numbers = {"base": base, "subsidy": subsidy, "principal": principal, "days": days}
    worked = work_out(_SUBSIDISED, numbers)
    values = {"yield": found.total, "cost": found.cost}
    row = Row("result", TEXTS["result"].say(language), worked, values)
    print_answer(Answer("subsidised", _SUBSIDISED, [row]), language, as_json)


@yield_group.command("cpi-plus")
@number_option("--cpi", "Inflation of a year; repeat it, one for each year.", many=True)
@number_option("--margin", "What is paid beyond inflation.")
@number_option("--asset-yield", "What the issuer earns on the money.", "0")
@number_option("--principal", "Money of the product, in yuan.", "1000000")
@output_options
def cpi_plus(
    cpi: tuple[Decimal, ...],
    margin: Decimal,
    asset_yield: Decimal,
    principal: Decimal,
    language: Language,
    as_json: bool,
) -> None:
    """Yield of "CPI plus a margin" in each year, and the issuer's cost.

    \b
    Example: rfmf yield cpi-plus --cpi 0.02 --cpi 0.045 --margin 0.03 --asset-yield 0.06
    """
    paid = yields.cpi_plus_yields(cpi, margin)
    costs = yields.cpi_plus_costs(cpi, margin, asset_yield, principal)
    fixed = {"margin": margin, "asset_yield": asset_yield, "principal": principal}
    rows = []
    for year, (rate, total, cost) in enumerate(zip(cpi, paid, costs, strict=True), start=1):
        worked = work_out(_CPI_PLUS, {"cpi": rate, **fixed})
        name = TEXTS["year"].say(language).format(year=year)
        rows.append(Row(f"year {year}", name, worked, {"yield": total, "cost": cost}))
    rows.append(
        Row(
            "total",
            TEXTS["total"].say(language),
            "",
            {"yield": None, "cost": sum(costs, Decimal(0))},
        )
    )
    answer = Answer("cpi_plus", _CPI_PLUS, rows, [TEXTS["note_cost"].say(language)])
    print_answer(answer, language, as_json)


def _print_single(
    key: str,
    formula: str,
    numbers: dict[str, Decimal],
    found: Decimal,
    language: Language,
    as_json: bool,
) -> None:
    """Print an answer of one yield."""
    row = Row("result", TEXTS["result"].say(language), work_out(formula, numbers), {"yield": found})
    print_answer(Answer(key, formula, [row]), language, as_json)
