"""``rfmf weights``: the command, its answer as tables and as JSON, and its words."""

from __future__ import annotations

from rfmf_spark.cli.weights import command

__all__ = ["command"]
