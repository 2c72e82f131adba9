"""``rfmf yield portfolio`` and ``rfmf yield break-even``: answers that are comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import click

from rfmf_spark.advice.portfolio import CaseYields, Part, PortfolioLevel, portfolio_yields
from rfmf_spark.advice.ranges import SHARE, in_exact_context, require
from rfmf_spark.advice.share_classes import RedemptionTier, cheaper_intervals
from rfmf_spark.cli.yields.answers import Answer, Row, as_percent, print_answer
from rfmf_spark.cli.yields.commands import yield_group
from rfmf_spark.cli.yields.options import number_option, output_options, read_number
from rfmf_spark.cli.yields.texts import TEXTS
from rfmf_spark.config.languages import Language
from rfmf_spark.errors import ConfigurationError

_PORTFOLIO = "Σ {weight} × {yield}"
_BREAK_EVEN = "365 × [{fee} / (1 + {fee}) + {redemption_a} − {redemption_c}] / {service_fee}"

GivenPart = tuple[str, Decimal, Decimal, Decimal]
GivenGroup = tuple[str, Decimal]
GivenTiers = tuple[tuple[Decimal, Decimal], ...]


@yield_group.command()
@click.option(
    "--part",
    "given_parts",
    type=(str, read_number, read_number, read_number),
    multiple=True,
    required=True,
    metavar="NAME WEIGHT BEST AVERAGE",
    help="A product with its two yields; GROUP/NAME within a group. Repeatable.",
)
@click.option(
    "--group",
    "given_groups",
    type=(str, read_number),
    multiple=True,
    metavar="NAME WEIGHT",
    help="A group of parts, with its weight in what it belongs to. Repeatable.",
)
@output_options
def portfolio(
    given_parts: tuple[GivenPart, ...],
    given_groups: tuple[GivenGroup, ...],
    language: Language,
    as_json: bool,
) -> None:
    """Yield of a portfolio, best case and average side by side.

    \b
    Example: rfmf yield portfolio --part money 0.3 0.06 0.06 --group funds 0.7 \\
        --part funds/equity 0.3 0.1796 -0.1220 --part funds/hybrid 0.2 0.2985 -0.0706 \\
        --part funds/bond 0.3 0.0728 0.0009
    """
    _check_names(given_parts, given_groups)
    rows, notes = [], [TEXTS["note_portfolio"].say(language)]
    for level in portfolio_yields(_nest("", given_parts, given_groups)):
        name = level.path or TEXTS["whole"].say(language)
        values = level.yields._asdict() | {"cash": level.cash}
        rows.append(Row(level.path or "whole", name, _worked(level), values))
        if level.cash:
            figures = {"name": name, "weights": as_percent(1 - level.cash)}
            notes.append(TEXTS["note_cash"].say(language, **figures))
    print_answer(Answer("portfolio", _PORTFOLIO, rows, notes), language, as_json)


@yield_group.command("break-even")
@number_option("--subscription-fee", "Fee of the A-class, on the net amount.")
@number_option("--service-fee", "Sales-service fee of the C-class, per year.")
@number_option("--discount", "What is left of the subscription fee: 0.1 is a tenth.", "1")
@click.option(
    "--redeem-a",
    type=(read_number, read_number),
    multiple=True,
    metavar="DAYS FEE",
    help="Redemption fee of the A-class below so many days; repeatable, ascending.",
)
@click.option(
    "--redeem-c",
    type=(read_number, read_number),
    multiple=True,
    metavar="DAYS FEE",
    help="The same of the C-class.",
)
@output_options
def break_even(
    subscription_fee: Decimal,
    service_fee: Decimal,
    discount: Decimal,
    redeem_a: GivenTiers,
    redeem_c: GivenTiers,
    language: Language,
    as_json: bool,
) -> None:
    """Holding times for which an A-class or a C-class costs less, as intervals.

    \b
    Example: rfmf yield break-even --subscription-fee 0.015 --service-fee 0.005 \\
        --redeem-a 7 0.015 --redeem-a 30 0.0075 --redeem-a 365 0.005 \\
        --redeem-c 7 0.015 --redeem-c 30 0.005
    """
    require("discount", discount, SHARE)
    paid = in_exact_context(lambda: subscription_fee * discount)()
    tiers_a, tiers_c = ([RedemptionTier(*tier) for tier in given] for given in (redeem_a, redeem_c))
    rows = [
        Row(
            interval.cheaper,
            TEXTS[f"cheaper_{interval.cheaper}"].say(language),
            "",
            {"from": interval.from_days, "to": interval.to_days},
        )
        for interval in cheaper_intervals(paid, service_fee, tiers_a, tiers_c)
    ]
    answer = Answer("break_even", _BREAK_EVEN, rows, [TEXTS["note_tiers"].say(language)])
    print_answer(answer, language, as_json)


def _check_names(given_parts: Sequence[GivenPart], given_groups: Sequence[GivenGroup]) -> None:
    groups = {name for name, _ in given_groups}
    names = [*(part[0] for part in given_parts), *(group[0] for group in given_groups)]
    for name in names:
        parent = name.rpartition("/")[0]
        if parent and parent not in groups:
            raise ConfigurationError(
                f"{name}: there is no group {parent}; give --group {parent} WEIGHT"
            )
        if names.count(name) > 1:
            raise ConfigurationError(f"{name} is given twice; name every part and group once")


def _nest(
    path: str, given_parts: Sequence[GivenPart], given_groups: Sequence[GivenGroup]
) -> tuple[Part, ...]:
    """The parts within ``path``, in the order of the command line, products first."""
    products = tuple(
        Part(name.rpartition("/")[2], weight, CaseYields(best, average))
        for name, weight, best, average in given_parts
        if name.rpartition("/")[0] == path
    )
    groups = tuple(
        Part(name.rpartition("/")[2], weight, None, _nest(name, given_parts, given_groups))
        for name, weight in given_groups
        if name.rpartition("/")[0] == path
    )
    return (*products, *groups)


def _worked(level: PortfolioLevel) -> str:
    """Each weight with its two yields, best case first."""
    return " + ".join(
        f"{weight} × ({yields.best} | {yields.average})" for weight, yields in level.terms
    )
