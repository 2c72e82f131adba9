"""``rfmf yield …``: commands, options, answers as text and JSON, and their words."""

from __future__ import annotations

from rfmf_spark.cli.yields import commands, comparisons

__all__ = ["commands", "comparisons"]
