"""Scores of users by published cut points, and the grid of score cells with their users."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from rfmf_spark.config.sections.features import FEATURE_NAMES
from rfmf_spark.scoring.columns import SCORE_COLUMNS as SCORE_COLUMNS
from rfmf_spark.scoring.counting import count_true
from rfmf_spark.scoring.cut_points import CutPoint, FeatureCuts

CELL_NUMBER = "cell_number"

# Beyond every score, so that three of them make one number.
_NUMBERS_PER_SCORE = 1_000

_FEATURE_OF_SCORE = dict(zip(SCORE_COLUMNS, FEATURE_NAMES, strict=True))


def score_column(cuts: FeatureCuts) -> Column:
    """Score of a whole-number feature: one more than the number of borders it has passed."""
    value = F.col(cuts.feature).cast("bigint")
    passed = [_passes(value, cuts, index) for index in range(len(cuts.cuts))]
    return count_true(passed) + 1


def add_scores(users: DataFrame, cuts: Mapping[str, FeatureCuts]) -> DataFrame:
    """Users with ``r_score``, ``f_score`` and ``m_score``."""
    return users.withColumns(
        {score: score_column(cuts[feature]) for score, feature in _FEATURE_OF_SCORE.items()}
    )


def count_cells(scored: DataFrame) -> pd.DataFrame:
    """Users per score cell: the three scores and ``users``, sorted by the scores."""
    counted = scored.groupBy(*SCORE_COLUMNS).agg(F.count("*").alias("users")).toPandas()
    return counted.sort_values(list(SCORE_COLUMNS), ignore_index=True)


def number_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells with ``cell_number``, one number for their three scores."""
    r, f, m = (cells[name] for name in SCORE_COLUMNS)
    return cells.assign(**{CELL_NUMBER: _cell_number(r, f, m)})


def join_cells(scored: DataFrame, numbered: DataFrame) -> DataFrame:
    """Scored users with what the few rows of ``numbered`` (see ``number_cells``) say of their cell.

    One number is looked up faster than three scores. Every cell is in ``numbered``; an inner join
    would compute the scores twice, to drop users without a cell before it looks for theirs.
    """
    number = _cell_number(*(F.col(name) for name in SCORE_COLUMNS)).alias(CELL_NUMBER)
    keyed = scored.select("*", number)
    return keyed.join(F.broadcast(numbered), on=CELL_NUMBER, how="left").drop(CELL_NUMBER)


def _cell_number(r: Any, f: Any, m: Any) -> Any:
    return (r * _NUMBERS_PER_SCORE + f) * _NUMBERS_PER_SCORE + m


def cut_point_table(
    cells: pd.DataFrame, cuts: Mapping[str, FeatureCuts], bins: int, monetary_scale: int
) -> pd.DataFrame:
    """Rows of the table ``score_cut_points``: one per feature and score, also the empty ones.

    ``tie_mass`` is the share of users who have exactly the cut's value. A tie of more than
    1 / bins of the users always holds a cut, so the largest tie is never missing here.
    """
    total = int(cells["users"].sum())
    rows = []
    for score_name, feature in _FEATURE_OF_SCORE.items():
        users_on = cells.groupby(score_name)["users"].sum()
        by_score = {cut.score: cut for cut in cuts[feature].cuts}
        scale = monetary_scale if feature == "monetary" else 0
        for score in range(1, bins + 1):
            cut = by_score.get(score)
            users = int(users_on.get(score, 0))
            rows.append(
                {
                    "feature": feature,
                    "score": score,
                    "cut_value": Decimal(cut.value).scaleb(-scale) if cut else None,
                    "inclusive": cut.inclusive if cut else None,
                    "users": users,
                    "user_share": users / total,
                    "users_beyond_cut": cut.beyond if cut else None,
                    "users_at_cut": cut.at if cut else None,
                    "tie_mass": cut.at / total if cut and cut.at is not None else None,
                    "source": cuts[feature].source,
                }
            )
    return pd.DataFrame(rows)


def cuts_of_table(table: pd.DataFrame, monetary_scale: int) -> dict[str, FeatureCuts]:
    """The cut points behind rows of the table ``score_cut_points``, by feature."""
    cuts: dict[str, FeatureCuts] = {}
    for feature in FEATURE_NAMES:
        rows = table[table["feature"] == feature].sort_values("score")
        scale = monetary_scale if feature == "monetary" else 0
        found = tuple(
            CutPoint(
                score=int(row["score"]),
                value=int(row["cut_value"].scaleb(scale)),
                inclusive=bool(row["inclusive"]),
                beyond=_count(row["users_beyond_cut"]),
                at=_count(row["users_at_cut"]),
            )
            for row in rows[rows["cut_value"].notna()].to_dict("records")
        )
        cuts[feature] = FeatureCuts(feature, found, str(rows["source"].iloc[0]))
    return cuts


def _count(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _passes(value: Column, cuts: FeatureCuts, index: int) -> Column:
    cut = cuts.cuts[index]
    border = F.lit(cut.value).cast("bigint")
    if cuts.lower_is_better:
        return value <= border if cut.inclusive else value < border
    return value >= border if cut.inclusive else value > border
