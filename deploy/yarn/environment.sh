# shellcheck shell=bash
# Sourced by the scripts beside it: what all of them begin with. Names below are theirs too.
# shellcheck disable=SC2034
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${PYSPARK_PYTHON:-$(cat "$here/PYTHON")}
spark_submit=${SPARK_HOME:+$SPARK_HOME/bin/}spark-submit
delta=${DELTA_PACKAGE:-io.delta:delta-spark_4.2_2.13:4.4.0}
read -ra more <<<"${SUBMIT_OPTIONS:-}"

# Refuse a call whose first argument is no file of settings, or that has fewer arguments than LEAST.
#   require_settings "SCRIPT CONFIG.yaml …" LEAST "$@"
require_settings() {
    local usage=$1 least=$2
    shift 2
    if [ $# -lt "$least" ] || [ ! -f "$1" ]; then
        echo "usage: $usage; ${1:-CONFIG.yaml} is no file" >&2
        exit 2
    fi
}

# Unpack the environment beside its archive, once: a second start sees all of it, or nothing.
unpack_environment() {
    local place=$1/environment unpacked
    if [ -d "$place" ]; then
        return
    fi
    unpacked=$(mktemp -d "$1/.environment-XXXXXX")
    tar -xzf "$place.tar.gz" -C "$unpacked"
    chmod 755 "$unpacked"
    mv -T "$unpacked" "$place" 2>/dev/null || rm -rf "$unpacked"
}
