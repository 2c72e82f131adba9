"""``rfmf ended`` under spark-submit, for roots that only Spark reaches; see ended.sh."""

from __future__ import annotations

import sys

from rfmf_spark.cli import main

if __name__ == "__main__":
    main(["ended", "--profile", "cluster", *sys.argv[1:]])
