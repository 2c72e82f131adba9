#!/usr/bin/env bash
# One run by spark-submit, without the operator; namespace, rights and configuration come from base/.
#
#   ./submit.sh k8s://https://HOST:6443 --run RUN --as-of 2019-08-14 [arguments of rfmf run]
#
# spark-submit ends with 0 whatever the driver's code was: judge by the end of the run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ ${1:-} != k8s://* ]]; then
    echo "usage: submit.sh k8s://https://HOST:PORT --run RUN --as-of DATE …" >&2
    exit 2
fi
master=$1
shift
read -ra more <<<"${SUBMIT_OPTIONS:-}"

exec "${SPARK_HOME:+$SPARK_HOME/bin/}spark-submit" \
    --master "$master" \
    --deploy-mode cluster \
    --name rfmf \
    --conf spark.kubernetes.namespace="${NAMESPACE:-rfmf}" \
    --conf spark.kubernetes.container.image="${IMAGE:-rfmf:0.1.0}" \
    --conf spark.kubernetes.authenticate.driver.serviceAccountName=rfmf-driver \
    --conf spark.kubernetes.driver.podTemplateFile="$here/driver-pod.yaml" \
    --conf spark.kubernetes.executor.podTemplateFile="$here/executor-pod.yaml" \
    --conf spark.kubernetes.submission.waitAppCompletion=true \
    --conf spark.executor.instances=4 \
    --conf spark.driver.memory=4g \
    --conf spark.executor.memory=8g \
    "${more[@]}" \
    local:///opt/rfmf/jobs/run_pipeline.py --config /etc/rfmf/production.yaml "$@"
