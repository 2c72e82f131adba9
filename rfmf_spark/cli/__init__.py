"""The command line: arguments, exit codes, printing. What is done lives elsewhere."""

from __future__ import annotations

from rfmf_spark.cli import ended_runs, history, runs, start, weights, yields
from rfmf_spark.cli.entry import main
from rfmf_spark.cli.root import cli

__all__ = ["cli", "ended_runs", "history", "main", "runs", "start", "weights", "yields"]
