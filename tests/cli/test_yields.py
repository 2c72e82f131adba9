"""``rfmf yield …``: formulas, exact numbers, two languages, one line for impossible input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest

from tests.wheel import CHECKOUT
from tests.whole_job.running import rfmf

COMMANDS = [
    "break-even",
    "cpi-plus",
    "effective",
    "excess",
    "expected",
    "portfolio",
    "real",
    "subsidised",
]
PORTFOLIO = (
    "portfolio --part money 0.3 0.06 0.06 --group funds 0.7 "
    "--part funds/equity 0.3 0.1796 -0.1220 --part funds/hybrid 0.2 0.2985 -0.0706 "
    "--part funds/bond 0.3 0.0728 0.0009"
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example_that_works(command: str) -> None:
    ended = rfmf("yield", command, "--help")
    assert ended.code == 0
    example = ended.stdout.partition("Example: rfmf yield ")[2].partition("Options:")[0]
    words = example.replace("\\\n", " ").split()
    assert words[0] == command
    assert rfmf("yield", *words).code == 0


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "real --nominal 0.055 --inflation 0.02",
            ["(1 + nominal) / (1 + inflation) − 1", "(1 + 0.055) / (1 + 0.02) − 1", "3.4314 %"],
        ),
        ("real --nominal 5.5% --inflation 2%", ["(1 + 0.055) / (1 + 0.02) − 1", "3.4314 %"]),
        ("real --nominal 0.055 --inflation 0.02 --lang zh", ["实际收益率", "(1 + 名义收益率)"]),
        ("excess --nominal 0.055", ["(1 + 0.055) / (1 + 0.0266) − 1", "2.7664 %"]),
        ("effective --nominal 0.046 --term 35 --raising 5 --settlement 2", ["3.8333 %"]),
        ("expected --nominal 0.055 --default-probability 0.5", ["2.75 %", "-47.25 %"]),
        (PORTFOLIO, ["13.542 %", "11.2794 %", "-1.7315 %", "Weights of funds sum to 80 %; the"]),
        (f"{PORTFOLIO} --lang zh", ["最好情形", "平均水平", "funds的权重合计 80 %，其余按"]),
        ("break-even --subscription-fee 0.015 --service-fee 0.005", ["1,078.8", "∞"]),
        ("break-even --subscription-fee 0.015 --service-fee 0.005 --discount 0.1", ["109.3"]),
        ("cpi-plus --cpi 0.02 --cpi 0.045 --margin 0.03 --asset-yield 0.06", ["7.5 %", "5,000.00"]),
    ],
)
def test_the_formula_and_the_result_are_shown(line: str, shown: list[str]) -> None:
    ended = rfmf("yield", *line.split())
    assert (ended.code, ended.stderr) == (0, "")
    assert [text for text in shown if text not in ended.stdout] == []


def test_best_case_and_average_stand_side_by_side() -> None:
    printed = rfmf("yield", *PORTFOLIO.split()).stdout
    (line,) = [line for line in printed.splitlines() if "-1.7315 %" in line]
    assert "11.2794 %" in line


def test_names_of_parts_are_shown_as_given() -> None:
    line = "portfolio --group [b]{x} 0.5 --part [b]{x}/[i] 1 0.1 -0.000000001"
    ended = rfmf("yield", *line.split())
    assert (ended.code, ended.stderr) == (0, "")
    assert "│ [b]{x} " in ended.stdout
    assert "-0 %" not in ended.stdout


def test_json_holds_exact_numbers_as_text() -> None:
    ended = rfmf("yield", *PORTFOLIO.split(), "--json")
    described = json.loads(ended.stdout)
    whole = described["rows"][-1]
    assert (Decimal(whole["best"]), Decimal(whole["average"])) == (
        Decimal("0.112794"),
        Decimal("-0.017315"),
    )
    assert whole["worked"] == "0.3 × (0.06 | 0.06) + 0.7 × (0.13542 | -0.05045)"


def test_json_of_intervals_has_no_end_of_the_last() -> None:
    line = "break-even --subscription-fee 0 --service-fee 0.0365 --redeem-a 20 0.005 --json"
    rows = json.loads(rfmf("yield", *line.split()).stdout)["rows"]
    assert [(row["name"], row["from"], row["to"]) for row in rows] == [
        ("C", "0", "20"),
        ("A", "20", None),
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("real --nominal 5.5 --inflation 0.02", "nominal is 5.5, allowed is -0.99 to 1; write"),
        ("real --nominal 0.05 --inflation -1", "inflation is -1"),
        ("portfolio --part a 0.7 0 0 --part b 0.4 0 0", "weights of the portfolio sum to 1.1"),
        ("portfolio --part a 0.7 0 0 --part a 0.1 0 0", "a is given twice"),
        ("portfolio --part g/a 0.7 0 0", "g/a: there is no group g; give --group g WEIGHT"),
        ("portfolio --part a 0.7 0 0 --group g 0.1", "g has neither a yield nor parts"),
        ("break-even --subscription-fee 0.015 --service-fee 0", "service_fee is 0"),
        ("break-even --subscription-fee 1 --service-fee 1 --discount 10", "discount is 10"),
    ],
)
def test_impossible_input_ends_with_code_2_and_one_line(line: str, told: str) -> None:
    ended = rfmf("yield", *line.split())
    assert (ended.code, ended.stdout) == (2, "")
    (message,) = ended.stderr.splitlines()
    assert message.startswith(f"rfmf: {told}")


def test_what_is_no_number_is_wrong_usage() -> None:
    ended = rfmf("yield", "real", "--nominal", "a lot", "--inflation", "0.02")
    assert ended.code == 2
    assert "Invalid value for '--nominal': 'a lot' is no number; write 0.055" in ended.stderr


def test_spark_is_not_imported() -> None:
    script = (
        "import sys\n"
        "from rfmf_spark.cli import cli\n"
        "cli(['yield', 'real', '--nominal', '0.055', '--inflation', '0.02'], "
        "standalone_mode=False)\n"
        "sys.exit(sorted(name for name in sys.modules if name.startswith('pyspark')) or 0)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "3.4314 %" in ended.stdout
