"""Names of the columns of scores and centres, also for what works without Spark."""

from __future__ import annotations

from rfmf_spark.config.sections.features import FEATURE_NAMES

# r_score, f_score, m_score; and the same of a segment's centre.
SCORE_COLUMNS = tuple(f"{feature[0]}_score" for feature in FEATURE_NAMES)
CENTRE_COLUMNS = tuple(f"{feature[0]}_centre" for feature in FEATURE_NAMES)
