"""The quantile method ``sketch``: approximate in the values, exact in what is said about them."""

from __future__ import annotations

import numpy as np
from pyspark.sql import SparkSession

from rfmf_spark.config.sections.scoring import ScoringSettings
from rfmf_spark.scoring.cut_points import find_cut_points
from rfmf_spark.scoring.order_statistics import OrderStatistic
from rfmf_spark.scoring.scores import add_scores
from rfmf_spark.scoring.sketch import count_around

FEATURES = "recency bigint, frequency bigint, monetary bigint"


def test_one_pass_counts_the_rows_below_and_at_each_value(spark: SparkSession) -> None:
    users = spark.createDataFrame([(3, 9), (1, 9), (3, 7), (5, 9)], "a bigint, b bigint")
    found = count_around(users, {"a": [3, 5, 3], "b": [8]})
    assert found == {
        "a": {3: OrderStatistic(3, 1, 2), 5: OrderStatistic(5, 3, 1)},
        "b": {8: OrderStatistic(8, 1, 0)},
    }


def test_cuts_are_near_the_quantiles_and_their_counts_are_exact(
    classic_spark: SparkSession,
) -> None:
    rng = np.random.default_rng(5)
    values = {
        "recency": rng.integers(0, 250, 5000),
        "frequency": rng.geometric(0.5, 5000),
        "monetary": (rng.lognormal(2, 2, 5000) * 1e8).astype(np.int64),
    }
    rows = np.column_stack(list(values.values())).tolist()
    users = classic_spark.createDataFrame(rows, FEATURES).repartition(3)
    chosen = ScoringSettings(bins=5, quantile_method="sketch", ties="high")

    cuts = find_cut_points(users, 5000, chosen, 8)

    for name, own in values.items():
        sign = -1 if name == "recency" else 1
        assert cuts[name].source == "quantiles (sketch, ties high)"
        assert [cut.score for cut in cuts[name].cuts] == [2, 3, 4, 5]
        for cut in cuts[name].cuts:
            assert cut.at == (own == cut.value).sum()
            assert cut.beyond == (sign * own > sign * cut.value).sum()
            # The cut's own ranks span the wanted one, to within the sketch's error of one rank.
            wanted = 5000 * (cut.score - 1) / 5
            worse = (sign * own < sign * cut.value).sum()
            assert worse - 1 <= wanted <= worse + cut.at + 1


def test_users_on_a_cut_get_the_score_that_the_cut_says(classic_spark: SparkSession) -> None:
    rows = [(0, 1 if n < 60 else 2 if n < 90 else 3, n) for n in range(100)]
    users = classic_spark.createDataFrame(rows, FEATURES)
    chosen = ScoringSettings(bins=10, quantile_method="sketch")
    scored = add_scores(users, find_cut_points(users, 100, chosen, 2)).collect()
    # mid: 1 + 10 * 60 // 200, 1 + 10 * 150 // 200, 1 + 10 * 190 // 200, and all tied: 6.
    assert {(row["frequency"], row["f_score"]) for row in scored} == {(1, 4), (2, 8), (3, 10)}
    assert {row["r_score"] for row in scored} == {6}
