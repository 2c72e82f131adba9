#!/usr/bin/env bash
# One run with the driver in this process and executors on YARN; see README.md.
#
#   ./submit-client.sh CONFIG.yaml --run RUN --as-of 2019-08-14 [arguments of rfmf run]
#
# The exit code is that of the run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ $# -lt 1 ] || [ ! -f "$1" ]; then
    echo "usage: submit-client.sh CONFIG.yaml --run RUN --as-of DATE …; ${1:-CONFIG.yaml} is no file" >&2
    exit 2
fi
config=$1
shift

# shellcheck source=environment.sh
source "$here/environment.sh"
unpack_environment "$here"

python=${PYSPARK_PYTHON:-$(cat "$here/PYTHON")}
read -ra more <<<"${SUBMIT_OPTIONS:-}"

# exec: a signal to this process reaches spark-submit.
PYSPARK_PYTHON=$python PYTHONPATH=$here/environment${PYTHONPATH:+:$PYTHONPATH} \
    exec "${SPARK_HOME:+$SPARK_HOME/bin/}spark-submit" \
    --master yarn \
    --deploy-mode client \
    --name rfmf \
    --packages "${DELTA_PACKAGE:-io.delta:delta-spark_4.2_2.13:4.4.0}" \
    --conf spark.yarn.maxAppAttempts=1 \
    "${more[@]}" \
    "$here/jobs/run_pipeline.py" --config "$config" "$@"
