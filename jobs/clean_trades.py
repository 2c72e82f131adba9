"""First stage: inputs cleaned, every row accounted for; begins a run.

Arguments are those of ``rfmf stage``, but for its name:
spark-submit jobs/clean_trades.py --run RUN --as-of 2019-08-14 --config production.yaml
"""

from __future__ import annotations

import sys

from rfmf_spark.cli import main

if __name__ == "__main__":
    main(["stage", "clean", "--profile", "cluster", *sys.argv[1:]], report_end=True)
