"""The command line as ``python -m rfmf_spark.cli``."""

from __future__ import annotations

from rfmf_spark.cli import main

main()
