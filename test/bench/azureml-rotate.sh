#!/usr/bin/env bash
# What somebody types who knows how Azure ML's certificate is changed: the changing commands, one wait
# and one handshake. usage: azureml-rotate.sh SECRET CHAIN KEY NAME CLUSTER GROUP
set -euo pipefail
kubectl -n azureml create secret generic "$1" --from-file=cert.pem="$2" --from-file=key.pem="$3" \
  --dry-run=client -o yaml | kubectl apply -f -
az k8s-extension update -n azureml -t managedClusters -c "$5" -g "$6" --yes -o none --only-show-errors \
  --config sslSecret="$1" sslCname="$4"
kubectl -n azureml rollout status deploy/azureml-fe-v2 --timeout=600s
host=$(kubectl -n azureml get svc azureml-fe -o jsonpath='{.status.loadBalancer.ingress[0].ip}')
openssl s_client -connect "$host:443" -servername "$4" -tls1_2 </dev/null 2>/dev/null |
  openssl x509 -noout -fingerprint -sha256
