#!/usr/bin/env bash
# Ends as a run has ended, whatever the platform made of its exit code; see README.md.
#
#   ./ended.sh CONFIG.yaml RUN [arguments of rfmf ended]
set -euo pipefail
# shellcheck source=environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

require_settings "ended.sh CONFIG.yaml RUN …" 2 "$@"
config=$1
shift

unpack_environment "$here"

# A Spark of one core in this process reads the marker from the cluster's file system. Its master
# comes after options that are meant for YARN.
PYSPARK_PYTHON=$python PYTHONPATH=$here/environment${PYTHONPATH:+:$PYTHONPATH} \
    exec "$spark_submit" \
    --packages "$delta" \
    "${more[@]}" \
    --master 'local[1]' \
    "$here/ended.py" --config "$config" "$@"
