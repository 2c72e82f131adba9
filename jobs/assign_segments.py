"""Last stage: the segment of every user, profiles; makes the run current.

Arguments are those of ``rfmf stage``, but for its name:
spark-submit jobs/assign_segments.py --run RUN --as-of 2019-08-14 --config production.yaml
"""

from __future__ import annotations

import sys

from rfmf_spark.cli import main

if __name__ == "__main__":
    main(["stage", "assign", "--profile", "cluster", *sys.argv[1:]], report_end=True)
