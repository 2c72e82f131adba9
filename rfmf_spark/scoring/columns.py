"""Names of the score columns, also for what works without Spark."""

from __future__ import annotations

# In the order of the features: recency, frequency, monetary.
SCORE_COLUMNS = ("r_score", "f_score", "m_score")
