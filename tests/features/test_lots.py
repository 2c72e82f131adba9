"""First-in-first-out lots against a simulation lot by lot, and worked by hand."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from rfmf_spark.features.lots import add_principal_days

FIRST = dt.date(2019, 1, 1)
LAST_DAY = 9
AS_OF = FIRST + dt.timedelta(days=LAST_DAY)
TRADES = (
    "user_id string, product_id string, trade_id string, trade_date date, units_e4 bigint, "
    "principal_cents bigint"
)

Row = tuple[str, str, str, dt.date, int, int]


class Event(NamedTuple):
    """A change of one position; ``units`` below zero are removed."""

    day: int
    trade_id: str
    units: int
    principal: int


def simulate(events: Iterable[Event]) -> int:
    """Cent·days of one position, one lot and one trade after the other."""

    class Lot:
        def __init__(self, event: Event) -> None:
            self.day, self.units, self.principal = event.day, event.units, event.principal
            self.taken = 0

        def worth(self) -> int:
            return (2 * self.principal * self.taken + self.units) // (2 * self.units)

        def take(self, wanted: int, day: int) -> tuple[int, int]:
            before = self.worth()
            part = min(wanted, self.units - self.taken)
            self.taken += part
            return part, (self.worth() - before) * max(day - self.day, 0)

    lots: deque[Lot] = deque()
    total = owed = 0
    for event in sorted(events, key=lambda e: (e.day, e.units < 0, e.trade_id)):
        if event.units > 0:
            lots.append(Lot(event))
            # What was removed before it came in leaves at once.
            wanted, owed = owed, 0
        else:
            wanted = -event.units
        while wanted and lots:
            part, value = lots[0].take(wanted, event.day)
            wanted, total = wanted - part, total + value
            if lots[0].taken == lots[0].units:
                lots.popleft()
        owed += wanted
    return total + sum(lot.take(lot.units, LAST_DAY)[1] for lot in lots)


def change() -> st.SearchStrategy[tuple[int, int, int]]:
    """Day, units and principal: small numbers that meet often, and the largest ones."""
    units = st.integers(1, 12) | st.integers(10**14, 10**15)
    principal = st.just(0) | st.integers(1, 100) | st.integers(10**12, 10**13)
    return st.tuples(st.integers(0, LAST_DAY), st.builds(int.__mul__, units, SIGN), principal)


SIGN = st.sampled_from([1, 1, -1])


def drawn_ledgers() -> list[list[Event]]:
    """Ledgers as hypothesis finds them interesting, the same ones every time."""
    ledgers: list[list[Event]] = []

    @settings(derandomize=True, max_examples=300, database=None, deadline=None)
    @given(st.lists(change(), min_size=1, max_size=14), st.randoms(use_true_random=False))
    def draw(changes: list[tuple[int, int, int]], random: object) -> None:
        ids = [f"{number:02}" for number in range(len(changes))]
        random.shuffle(ids)  # type: ignore[attr-defined]
        ledgers.append(
            [
                Event(day, trade_id, units, principal if units > 0 else 0)
                for trade_id, (day, units, principal) in zip(ids, changes, strict=True)
            ]
        )

    draw()
    return ledgers


def rows_of(user: str, events: Sequence[Event], product: str = "p") -> list[Row]:
    return [
        (user, product, e.trade_id, FIRST + dt.timedelta(days=e.day), e.units, e.principal)
        for e in events
    ]


def by_position(trades: DataFrame) -> dict[tuple[str, str], int]:
    summed = (
        add_principal_days(trades.repartition("user_id"), AS_OF)
        .groupBy("user_id", "product_id")
        .agg(F.sum("principal_days").alias("principal_days"))
    )
    return {(r["user_id"], r["product_id"]): r["principal_days"] for r in summed.collect()}


def test_lots_equal_a_simulation_lot_by_lot_on_random_ledgers(spark: SparkSession) -> None:
    ledgers = drawn_ledgers()
    # Two ledgers are two products of one user, so that neither disturbs the other.
    named = [(f"u{number // 2}", "pq"[number % 2], own) for number, own in enumerate(ledgers)]
    rows = [row for user, product, own in named for row in rows_of(user, own, product)]

    found = by_position(spark.createDataFrame(rows, TRADES))

    assert len(ledgers) >= 200
    assert found == {(user, product): simulate(own) for user, product, own in named}


WORKED = {
    # 4 of 10 units leave with 40 of 100 cents after 3 days, the rest stays for 9.
    "in part": ([Event(0, "a", 10, 100), Event(3, "b", -4, 0)], 40 * 3 + 60 * 9),
    # The older lot goes first, and 2 of 5 units of the younger one.
    "over two lots": (
        [Event(0, "a", 5, 100), Event(2, "b", 5, 50), Event(4, "c", -7, 0)],
        100 * 4 + 20 * 2 + 30 * 7,
    ),
    # 1 cent over 3 units: 0, then 1, then 0 cents.
    "to the cent": (
        [Event(0, "a", 3, 1), Event(1, "b", -1, 0), Event(2, "c", -1, 0), Event(5, "d", -1, 0)],
        1 * 2,
    ),
    "same day by trade id": (
        [Event(0, "b", 5, 50), Event(0, "a", 5, 100), Event(1, "c", -5, 0)],
        100 * 1 + 50 * 9,
    ),
    "sold on the day of purchase": ([Event(2, "b", 5, 50), Event(2, "a", -5, 0)], 0),
    # Given units are a lot of their own, and leave in their turn.
    "given units": (
        [Event(0, "a", 5, 0), Event(0, "b", 5, 50), Event(4, "c", -7, 0)],
        20 * 4 + 30 * 9,
    ),
    # Two units more are sold than there were: of the next lot they stay no day.
    "sold before bought": (
        [Event(0, "a", 4, 40), Event(1, "b", -6, 0), Event(3, "c", 10, 100)],
        40 * 1 + 80 * 6,
    ),
    "more sold than bought": ([Event(0, "a", 4, 40), Event(5, "b", -6, 0)], 40 * 5),
    "paid out": ([Event(0, "a", 4, 40), Event(5, "b", 0, 0)], 40 * 9),
    "only removals": ([Event(0, "a", -4, 0)], 0),
    "bought today": ([Event(LAST_DAY, "a", 4, 40)], 0),
}


@pytest.fixture(scope="module")
def worked(spark: SparkSession) -> dict[tuple[str, str], int]:
    rows = [row for name, (events, _) in WORKED.items() for row in rows_of(name, events)]
    return by_position(spark.createDataFrame(rows, TRADES))


@pytest.mark.parametrize("case", list(WORKED))
def test_a_worked_example(worked: dict[tuple[str, str], int], case: str) -> None:
    events, expected = WORKED[case]

    assert worked[case, "p"] == expected
    assert simulate(events) == expected


def test_the_sum_does_not_depend_on_partitions(spark: SparkSession) -> None:
    rows = [
        (f"u{n % 3}", "p", f"{n:04}", FIRST + dt.timedelta(days=n * 7 % 10), 3 - n % 5, n % 11)
        for n in range(300)
    ]
    trades = spark.createDataFrame(rows, TRADES)

    assert by_position(trades.repartition(3)) == by_position(trades.coalesce(1))
