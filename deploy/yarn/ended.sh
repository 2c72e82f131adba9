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

# A Spark of one core in this process reads the marker from the cluster's file system.
SPARK_HOME=${SPARK_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v spark-submit)")")")}
py4j=("$SPARK_HOME"/python/lib/py4j-*-src.zip)
export SPARK_HOME
export PYTHONPATH=$here/environment:$SPARK_HOME/python:${py4j[0]}
exec "${PYSPARK_PYTHON:-$(cat "$here/PYTHON")}" -m rfmf_spark.cli ended \
    --config "$config" --set session.master='local[1]' --set session.delta_packages=true "$@"
