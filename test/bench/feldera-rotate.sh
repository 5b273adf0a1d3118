#!/usr/bin/env bash
# What somebody types who knows how Feldera's certificate is changed: a Secret, pipelines stopped, the
# Helm value, one wait, pipelines started, one handshake. Its API must have an outside address.
# usage: feldera-rotate.sh SECRET CHAIN KEY TRUSTED-BEFORE NAMESPACE CHART VERSION
set -euo pipefail
name=feldera-api-server.$5.svc.cluster.local
api() { # METHOD PATH TRUSTED
  curl -fsS -X "$1" --cacert "$3" --connect-to "$name:8080:$host:8080" "https://$name:8080/v0/pipelines$2"
}
state() { # TRUSTED WANTED: until all of the pipelines are so
  until api GET '?selector=status' "$1" | jq -e --arg wanted "$2" 'all(.[]; .deployment_status == $wanted)'; do
    sleep 0.2
  done >/dev/null
}
kubectl -n "$5" create secret tls "$1" --cert="$2" --key="$3"
host=$(kubectl -n "$5" get svc feldera-api-server -o jsonpath='{.status.loadBalancer.ingress[0].ip}')
running=$(api GET '?selector=status' "$4" | jq -r '.[] | select(.deployment_status == "Running") | .name')
for each in $running; do api POST "/$each/stop?force=false" "$4" >/dev/null; done
state "$4" Stopped
helm upgrade feldera "$6" --version "$7" -n "$5" --reuse-values --set httpsSecretRef="$1" --wait >/dev/null
for each in $running; do api POST "/$each/start?initial=running" "$2" >/dev/null; done
state "$2" Running
openssl s_client -connect "$host:8080" -servername "$name" -CAfile "$2" -verify_return_error </dev/null 2>/dev/null |
  openssl x509 -noout -fingerprint -sha256
