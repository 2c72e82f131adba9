"""Last stage: the segment of every user, and the profile of every segment."""

from __future__ import annotations

from pyspark.sql import DataFrame

from rfmf_spark.ledger.reconciliation import check_equal
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.model.fitting import assign_users
from rfmf_spark.run.context import RunContext
from rfmf_spark.segments.assignment import Segmentation
from rfmf_spark.segments.profile import build_profile
from rfmf_spark.segments.rule_match import describe_match, match_rule


def assign(context: RunContext, users: DataFrame, segmentation: Segmentation) -> None:
    """Write the segments of all scored ``users``, and what is typical of each segment."""
    total = context.result.control_totals["users"]
    with context.progress.stage("assign") as stage:
        assigned = assign_users(users, segmentation, context.monetary_scale)
        context.write("user_segments", assigned)
        stage.rows = total
    with context.progress.stage("profile") as stage:
        profile = build_profile(assigned, segmentation, context.monetary_scale)
        context.result.profile = profile
        context.keep("segment_profile", profile)
        match = match_rule(segmentation, context.expertise.segment_names)
        context.keep("segment_rule_match", match)
        check_equal(
            "table segment_profile (users)", Totals(total), Totals(int(profile["users"].sum()))
        )
        stage.rows, stage.note = len(profile), describe_match(match)
