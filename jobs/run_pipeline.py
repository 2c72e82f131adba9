"""The whole run under spark-submit; arguments as of ``rfmf run``.

spark-submit jobs/run_pipeline.py --run RUN --as-of 2019-08-14 --config production.yaml
"""

from __future__ import annotations

import sys

from rfmf_spark.cli import main

if __name__ == "__main__":
    main(["run", "--profile", "cluster", *sys.argv[1:]], report_end=True)
