#!/usr/bin/env bash
# One run with the driver on YARN too; see README.md.
#
#   ./submit-cluster.sh CONFIG.yaml --run RUN --as-of 2019-08-14 [arguments of rfmf run]
#
# The exit code is spark-submit's: 0, or 1 for whatever went wrong. That of the run tells ended.sh.
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

require_settings "submit-cluster.sh CONFIG.yaml --run RUN --as-of DATE …" 1 "$@"
config=$1
shift

# Both names behind # are folders and files of the driver's container. YARN would start a failed
# driver anew by itself, under the same id and at once: that is the scheduler's business.
exec "$spark_submit" \
    --master yarn \
    --deploy-mode cluster \
    --name rfmf \
    --packages "$delta" \
    --archives "$here/environment.tar.gz#environment" \
    --files "$config#rfmf.yaml${RFMF_FILES:+,$RFMF_FILES}" \
    --conf "spark.yarn.appMasterEnv.PYSPARK_PYTHON=$python" \
    --conf spark.yarn.appMasterEnv.PYTHONPATH=environment \
    --conf spark.yarn.maxAppAttempts=1 \
    "${more[@]}" \
    "$here/jobs/run_pipeline.py" --config rfmf.yaml "$@"
