"""Fourth stage: K-means over a range of K, the choice of K, the model.

Arguments are those of ``rfmf stage``, but for its name:
spark-submit jobs/fit_segments.py --run RUN --as-of 2019-08-14 --config production.yaml
"""

from __future__ import annotations

import sys

from rfmf_spark.cli import main

if __name__ == "__main__":
    main(["stage", "fit", "--profile", "cluster", *sys.argv[1:]], report_end=True)
