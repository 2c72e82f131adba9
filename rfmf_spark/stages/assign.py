"""Last stage: the segment of every user, and the profile of every segment."""

from __future__ import annotations

from rfmf_spark.ledger.reconciliation import check_equal
from rfmf_spark.ledger.totals import Totals
from rfmf_spark.model.fitting import assign_users
from rfmf_spark.run.context import RunContext
from rfmf_spark.segments.profile import build_profile
from rfmf_spark.segments.rule_match import describe_match, match_rule
from rfmf_spark.stages.fit import Fitted


def assign(context: RunContext, fitted: Fitted) -> None:
    """Write the segments of all scored users, and what is typical of each segment."""
    segmentation = fitted.segmentation
    total = context.users
    with context.progress.stage("assign") as stage:
        assigned = assign_users(fitted.scored.users, segmentation, context.monetary_scale)
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
