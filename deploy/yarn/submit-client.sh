#!/usr/bin/env bash
# One run with the driver in this process and executors on YARN; see README.md.
#
#   ./submit-client.sh CONFIG.yaml --run RUN --as-of 2019-08-14 [arguments of rfmf run]
#
# The exit code is that of the run.
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

require_settings "submit-client.sh CONFIG.yaml --run RUN --as-of DATE …" 1 "$@"
config=$1
shift

unpack_environment "$here"

# exec: a signal to this process reaches spark-submit.
PYSPARK_PYTHON=$python PYTHONPATH=$here/environment${PYTHONPATH:+:$PYTHONPATH} \
    exec "$spark_submit" \
    --master yarn \
    --deploy-mode client \
    --name rfmf \
    --packages "$delta" \
    --conf spark.yarn.maxAppAttempts=1 \
    "${more[@]}" \
    "$here/jobs/run_pipeline.py" --config "$config" "$@"
