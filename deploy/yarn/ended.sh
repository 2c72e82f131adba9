#!/usr/bin/env bash
# Ends as a run has ended, whatever the platform made of its exit code; see README.md.
#
#   ./ended.sh CONFIG.yaml RUN [arguments of rfmf ended]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [ $# -lt 2 ] || [ ! -f "$1" ]; then
    echo "usage: ended.sh CONFIG.yaml RUN …; ${1:-CONFIG.yaml} is no file" >&2
    exit 2
fi
config=$1
shift

# shellcheck source=environment.sh
source "$here/environment.sh"
unpack_environment "$here"

python=${PYSPARK_PYTHON:-$(cat "$here/PYTHON")}
read -ra more <<<"${SUBMIT_OPTIONS:-}"

# A Spark of one core in this process reads the marker from the cluster's file system. Its master
# comes after options that are meant for YARN.
PYSPARK_PYTHON=$python PYTHONPATH=$here/environment${PYTHONPATH:+:$PYTHONPATH} \
    exec "${SPARK_HOME:+$SPARK_HOME/bin/}spark-submit" \
    --packages "${DELTA_PACKAGE:-io.delta:delta-spark_4.2_2.13:4.4.0}" \
    "${more[@]}" \
    --master 'local[1]' \
    "$here/ended.py" --config "$config" "$@"
