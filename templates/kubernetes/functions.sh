# kube CONTEXT NAMESPACE KUBECONFIG WORDS...: kubectl on that cluster and no other
kube() {
  local file=()
  [[ -n $3 ]] && file=(--kubeconfig "$3")
  kubectl "${file[@]}" --context "$1" --namespace "$2" "${@:4}"
}

# helm_at CONTEXT NAMESPACE KUBECONFIG WORDS...
helm_at() {
  local file=()
  [[ -n $3 ]] && file=(--kubeconfig "$3")
  helm "${file[@]}" --kube-context "$1" --namespace "$2" "${@:4}"
}

# kube_may CONTEXT NAMESPACE KUBECONFIG "VERB RESOURCE [--namespace OTHER]"...
kube_may() {
  local each missing=0
  for each in "${@:4}"; do
    # shellcheck disable=SC2086 # several words: the verb, the resource, and where
    kube "$1" "$2" "$3" auth can-i $each >/dev/null 2>&1 || { say "  not permitted: $each"; missing=1; }
  done
  jq -n --argjson missing "$missing" '{allowed: ($missing == 0)}' | answer_json
}

# kube_secret_name ENDPOINT: the Secret of the new pair's leaf
kube_secret_name() {
  local hex
  hex=$(wanted_leaf | tr -d : | cut -c1-8 | tr '[:upper:]' '[:lower:]')
  printf '%s-%s' "$1" "$hex"
}

# kube_secret_manifest NAMESPACE ENDPOINT TYPE KEY=FILE...: with the key in it, for stdin alone
kube_secret_manifest() {
  local each files=()
  for each in "${@:4}"; do files+=(--rawfile "${each%%=*}" "${each#*=}"); done
  jq -n "${files[@]}" --arg name "$(kube_secret_name "$2")" --arg ns "$1" --arg endpoint "$2" --arg type "$3" \
    --arg leaf "$(wanted_leaf)" '
    {apiVersion: "v1", kind: "Secret", type: $type,
     metadata: {name: $name, namespace: $ns,
       labels: {"app.kubernetes.io/managed-by": "secure-endpoint", "secure-endpoint.dev/endpoint": $endpoint},
       annotations: {"secure-endpoint.dev/leaf-sha256": $leaf}},
     data: ($ARGS.named | del(.name, .ns, .endpoint, .type, .leaf) | map_values(@base64))}'
}

# kube_secret_look CONTEXT NAMESPACE KUBECONFIG ENDPOINT TYPE KEY=FILE...
kube_secret_look() {
  local wanted there
  wanted=$(kube_secret_manifest "$2" "${@:4}") || return 1
  there=$(kube "$1" "$2" "$3" get secret "$(kube_secret_name "$4")" --ignore-not-found -o json) || return 1
  jq -n --argjson wanted "$wanted" --argjson there "${there:-null}" '
    {name: $wanted.metadata.name, state: (
      if $there == null then "absent"
      elif $there.metadata.labels["secure-endpoint.dev/endpoint"] != $wanted.metadata.labels["secure-endpoint.dev/endpoint"] then "foreign"
      elif $there.data == $wanted.data and $there.type == $wanted.type then "as-wanted"
      else "changed" end)}' | answer_json
}

# kube_secret_apply CONTEXT NAMESPACE KUBECONFIG ENDPOINT TYPE KEY=FILE...: and what was stored is read back
kube_secret_apply() {
  kube_secret_look "$@" || return 1
  if holds '.json.state == "foreign"'; then say '  a Secret of this name belongs to somebody else'; return 1; fi
  kube_secret_manifest "$2" "${@:4}" |
    kube "$1" "$2" "$3" apply --server-side --field-manager=secure-endpoint --force-conflicts -f - >/dev/null || return 1
  kube_secret_look "$@" && holds '.json.state == "as-wanted"'
}

# kube_secret_remove CONTEXT NAMESPACE KUBECONFIG ENDPOINT: the new pair's Secret, if nothing reads it
kube_secret_remove() {
  local name
  name=$(kube_secret_name "$4")
  if kube "$1" "$2" "$3" get deployments,statefulsets,pods -o json | jq -e --arg name "$name" \
    '[.. | .secretName? | strings] | index($name) != null' >/dev/null; then
    say "  $name stays: it is read"
    return
  fi
  kube "$1" "$2" "$3" delete secret --ignore-not-found "$name" >/dev/null
}

# kube_prune CONTEXT NAMESPACE KUBECONFIG ENDPOINT NAME: all but NAME and two others go
kube_prune() {
  kube "$1" "$2" "$3" get secrets -l "app.kubernetes.io/managed-by=secure-endpoint,secure-endpoint.dev/endpoint=$4" \
    --sort-by=.metadata.creationTimestamp -o name | { grep -vx "secret/$5" || true; } | head -n -2 |
    while read -r each; do kube "$1" "$2" "$3" delete "$each" >/dev/null || return 1; done
}

# kube_hold CONTEXT NAMESPACE KUBECONFIG NAME: a Lease until this script ends
kube_hold() {
  local now there holder
  now=$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)
  holder="$(id -un)@$(hostname) (script $$)"
  there=$(kube "$1" "$2" "$3" get lease "$4" --ignore-not-found -o json) || return 1
  if [[ -n $there ]] && jq -e '(.spec.renewTime[:19] + "Z" | fromdateiso8601) + .spec.leaseDurationSeconds > now' <<<"$there" >/dev/null; then
    say "  locked by $(jq -r .spec.holderIdentity <<<"$there")"
    return 1
  fi
  kube "$1" "$2" "$3" delete lease --ignore-not-found "$4" >/dev/null
  jq -n --arg name "$4" --arg ns "$2" --arg holder "$holder" --arg now "$now" '
    {apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: {name: $name, namespace: $ns},
     spec: {holderIdentity: $holder, leaseDurationSeconds: 3600, acquireTime: $now, renewTime: $now}}' |
    kube "$1" "$2" "$3" create -f - >/dev/null || return 1
  LEASE=("$1" "$2" "$3" delete lease --ignore-not-found "$4")
}

# let_go: gives the Lease back, where this script has taken one
let_go() { [[ -z ${LEASE[*]:-} ]] || kube "${LEASE[@]}" >/dev/null 2>&1; }

# kube_rollout CONTEXT NAMESPACE KUBECONFIG SECONDS WORKLOADS...
kube_rollout() {
  local each
  for each in "${@:5}"; do
    kube "$1" "$2" "$3" rollout status "$each" --timeout="$4s" >&2 || {
      kube "$1" "$2" "$3" get pods >&2
      kube "$1" "$2" "$3" get events --field-selector type=Warning >&2
      return 1
    }
  done
}

# kube_restart CONTEXT NAMESPACE KUBECONFIG WORKLOADS...: those that are there
kube_restart() {
  local each there=()
  for each in "${@:4}"; do
    kube "$1" "$2" "$3" get "$each" >/dev/null 2>&1 && there+=("$each")
  done
  kube "$1" "$2" "$3" rollout restart "${there[@]}" >/dev/null
}

# kube_pods CONTEXT NAMESPACE KUBECONFIG WORKLOAD: its pods; with * at the end those of all that begin so
kube_pods() {
  kube "$1" "$2" "$3" get deployments,statefulsets,pods -o json | jq -r --arg name "$4" '
    .items as $all | $all[] | select(.kind != "Pod")
    | select((.kind | ascii_downcase) + "/" + .metadata.name | if $name | endswith("*") then startswith($name[:-1]) else . == $name end)
    | .spec.selector.matchLabels as $labels | $all[]
    | select(.kind == "Pod" and .metadata.deletionTimestamp == null and (.metadata.labels | contains($labels)))
    | .metadata.name'
}

# kube_port CONTEXT NAMESPACE KUBECONFIG SERVICE PORT POD: where the pod listens for the Service's port
kube_port() {
  [[ -n $4 ]] || { echo "$5"; return; }
  { kube "$1" "$2" "$3" get service "$4" -o json; kube "$1" "$2" "$3" get pod "$6" -o json; } |
    jq -rs --argjson port "$5" '
      (.[0].spec.ports[] | select(.port == $port) | .targetPort) as $target
      | if $target | type == "number" then $target
        else (.[1].spec.containers[].ports[]? | select(.name == $target) | .containerPort) end'
}

# with_forward CONTEXT NAMESPACE KUBECONFIG POD PORT COMMAND...: the command gets the local port at its end
with_forward() {
  local at pid rc=0 try
  : >"$RUN/forward" # what an earlier one said must not be read
  kube "$1" "$2" "$3" port-forward --address 127.0.0.1 "pod/$4" ":$5" >>"$RUN/forward" 2>&1 &
  pid=$!
  for try in {1..50}; do
    at=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$RUN/forward")
    [[ -n $at ]] && break
    sleep 0.2
  done
  if [[ -n $at ]]; then "${@:6}" "$at" || rc=$?; else say "  no way to pod/$4 (try $try)"; rc=1; fi
  pkill -P "$pid" 2>/dev/null
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  return "$rc"
}

# leaf_is NAME LEAF PORT; no_tls NAME PORT
leaf_is() { [[ $(served_leaf "127.0.0.1:$3" "$1") == "$2" ]]; }
no_tls() { [[ -z $(served_leaf "127.0.0.1:$2" "$1") ]]; }
# answers_at SCHEME NAME PATH STATUSES ROOTS PORT
answers_at() {
  local status
  status=$(curl_at "127.0.0.1:$6" "$2" "$1://$2:$6$3" "$5")
  is_one_of "$status" "$4" || { say "  http.answers: GET $3 $status, wanted $4"; return 1; }
}

# kube_prove_pods CONTEXT NAMESPACE KUBECONFIG WORKLOAD SERVICE PORT PROBES NAME PATH STATUSES LEAF ROOTS
kube_prove_pods() {
  local pod port
  for pod in $(kube_pods "$1" "$2" "$3" "$4"); do
    port=$(kube_port "$1" "$2" "$3" "$5" "$6" "$pod")
    with_forward "$1" "$2" "$3" "$pod" "$port" leaf_is "$8" "${11}" || { say "  tls.leaf: pod/$pod does not serve it"; return 1; }
    say "  pass: tls.leaf pod/$pod"
    [[ $7 == all ]] || continue
    with_forward "$1" "$2" "$3" "$pod" "$port" answers_at https "$8" "$9" "${10}" "${12}" || return 1
  done
}

# kube_prove_pods_plain, with the same words: HTTP answers and TLS does not
kube_prove_pods_plain() {
  local pod port
  for pod in $(kube_pods "$1" "$2" "$3" "$4"); do
    port=$(kube_port "$1" "$2" "$3" "$5" "$6" "$pod")
    with_forward "$1" "$2" "$3" "$pod" "$port" no_tls "$8" || { say "  pod/$pod still speaks TLS"; return 1; }
    with_forward "$1" "$2" "$3" "$pod" "$port" answers_at http "$8" "$9" "${10}" '' || return 1
    say "  pass: http.answers pod/$pod, no TLS"
  done
}

# helm_release CONTEXT NAMESPACE KUBECONFIG RELEASE VALUE
helm_release() {
  local there given
  there=$(helm_at "$1" "$2" "$3" list --all --filter "^$4\$" -o json) || return 1
  given=$(helm_at "$1" "$2" "$3" get values "$4" --all -o json 2>/dev/null)
  jq -n --argjson there "$there" --argjson given "${given:-null}" --arg at "$5" '
    {status: ($there[0].status // "absent"), revision: ($there[0].revision // "0" | tonumber),
     value: ($given | getpath($at | split(".")) // ""), pending: ($there[0].status // "" | startswith("pending-"))}' |
    answer_json
}

# helm_revision CONTEXT NAMESPACE KUBECONFIG RELEASE: "REVISION STATUS", "0 absent" where there is none
helm_revision() {
  helm_at "$1" "$2" "$3" list --all --filter "^$4\$" -o json | jq -r '.[0] // {} | "\(.revision // 0) \(.status // "absent")"'
}

# helm_upgrade CONTEXT NAMESPACE KUBECONFIG RELEASE CHART VERSION SECONDS FILES...: marked as begun by us
helm_upgrade() {
  local each files=() revision
  read -r revision _ < <(helm_revision "$@")
  for each in "${@:8}"; do files+=(--values "$each"); done
  helm_at "$1" "$2" "$3" upgrade --install "$4" "$5" --version "$6" --reset-then-reuse-values --atomic \
    --timeout "$7s" --labels "secure-endpoint.dev-revision=$((revision + 1))" "${files[@]}" >/dev/null || {
    kube "$1" "$2" "$3" get events --field-selector type=Warning >&2
    return 1
  }
}

# helm_restore CONTEXT NAMESPACE KUBECONFIG RELEASE REVISION SECONDS: 0 is nothing
helm_restore() {
  if [[ $5 == 0 ]]; then helm_at "$1" "$2" "$3" uninstall "$4" --wait --timeout "$6s" >&2
  else helm_at "$1" "$2" "$3" rollback "$4" "$5" --wait --timeout "$6s" >&2; fi
}

# helm_repair CONTEXT NAMESPACE KUBECONFIG RELEASE SECONDS: what a killed script of ours has left pending goes
# back to the youngest revision that worked; what somebody else is at is left alone
helm_repair() {
  local revision status last
  read -r revision status < <(helm_revision "$@")
  [[ $status == pending-* ]] || return 0
  if [[ $status != pending-rollback && -z $(kube "$1" "$2" "$3" get secrets -o name \
    -l "owner=helm,name=$4,version=$revision,secure-endpoint.dev-revision=$revision") ]]; then
    say "  the release $4 is in $status, and this script has not begun that; if nobody is at it:"
    say "  helm --kube-context $1 -n $2 rollback $4"
    return 1
  fi
  last=$(helm_at "$1" "$2" "$3" history "$4" -o json |
    jq '[.[] | select(.status == "deployed" or .status == "superseded") | .revision] | max // 0') || return 1
  helm_restore "$1" "$2" "$3" "$4" "$last" "$5"
}
