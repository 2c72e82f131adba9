#!/usr/bin/env bash
# One run with the driver on YARN too; see README.md.
#
#   ./submit-cluster.sh CONFIG.yaml --run RUN --as-of 2019-08-14 [arguments of rfmf run]
#
# The exit code is spark-submit's: 0, or 1 for whatever went wrong. That of the run tells ended.sh.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ $# -lt 1 ] || [ ! -f "$1" ]; then
    echo "usage: submit-cluster.sh CONFIG.yaml --run RUN --as-of DATE …; ${1:-CONFIG.yaml} is no file" >&2
    exit 2
fi
config=$1
shift

python=${PYSPARK_PYTHON:-$(cat "$here/PYTHON")}
read -ra more <<<"${SUBMIT_OPTIONS:-}"

# Both names behind # are folders and files of the driver's container. YARN would start a failed
# driver anew by itself, under the same id and at once: that is the scheduler's business.
exec "${SPARK_HOME:+$SPARK_HOME/bin/}spark-submit" \
    --master yarn \
    --deploy-mode cluster \
    --name rfmf \
    --packages "${DELTA_PACKAGE:-io.delta:delta-spark_4.2_2.13:4.4.0}" \
    --archives "$here/environment.tar.gz#environment" \
    --files "$config#rfmf.yaml${RFMF_FILES:+,$RFMF_FILES}" \
    --conf "spark.yarn.appMasterEnv.PYSPARK_PYTHON=$python" \
    --conf spark.yarn.appMasterEnv.PYTHONPATH=environment \
    --conf spark.yarn.maxAppAttempts=1 \
    "${more[@]}" \
    "$here/jobs/run_pipeline.py" --config rfmf.yaml "$@"
