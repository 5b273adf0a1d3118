FELDERA=(deployment/feldera-api-server:feldera-api-server:8080
  deployment/feldera-kubernetes-runner:feldera-kubernetes-runner:8080
  statefulset/feldera-compiler-server:feldera-compiler-server:8085)

# feldera_tenants COMMAND...: with the API key of each tenant in turn. APIKEY= names a file with one key a
# line; without it the command runs once, without a login.
feldera_tenants() {
  local FELDERA_KEY='' keys=('')
  [[ -n ${APIKEY:-} ]] && mapfile -t keys < <(grep . "$APIKEY")
  for FELDERA_KEY in "${keys[@]}"; do "$@" || return; done
}

# feldera_api METHOD PATH CONTEXT NAMESPACE KUBECONFIG: over what the API server speaks now, as the tenant of
# FELDERA_KEY. A forward ends when a server resets a connection: each question gets its own.
feldera_api() {
  local pod port scheme=https name="feldera-api-server.$4.svc.cluster.local"
  pod=$(kube_pods "$3" "$4" "$5" deployment/feldera-api-server | head -1)
  port=$(kube_port "$3" "$4" "$5" feldera-api-server 8080 "$pod")
  with_forward "$3" "$4" "$5" "$pod" "$port" no_tls "$name" && scheme=http
  with_forward "$3" "$4" "$5" "$pod" "$port" feldera_ask "$1" "$2" "$name" "$scheme"
}

# feldera_ask METHOD PATH NAME SCHEME PORT: what it trusts is the last certificate of the chains that are kept
feldera_ask() {
  local trust=() login=() each
  if [[ $4 == https ]]; then
    : >"$RUN/trusted.pem"
    for each in "$NEW/chain.pem" "$OLD/chain.pem" "$FOUND/chain.pem"; do
      [[ -e $each ]] && last_of "$each" >>"$RUN/trusted.pem"
    done
    trust=(--cacert "$RUN/trusted.pem")
  fi
  [[ -n ${FELDERA_KEY:-} ]] && login=(--header @/dev/fd/4)
  curl -q -sS --noproxy '*' --max-time 20 "${trust[@]}" "${login[@]}" --connect-to "$3:$5:127.0.0.1:$5" \
    -X "$1" -w '\n%{http_code}' "$4://$3:$5$2" >"$RUN/api" \
    4< <(printf 'Authorization: Bearer %s\n' "${FELDERA_KEY:-}") || return 1
  tail -n 1 "$RUN/api" | grep -q '^2'
}

feldera_said() { sed '$d' "$RUN/api"; }

# feldera_state CONTEXT NAMESPACE KUBECONFIG RELEASE SECRET LEAF
feldera_state() {
  local released=true components=true pipelines=true each workload service port pod at
  helm_release "$1" "$2" "$3" "$4" httpsSecretRef || return 1
  holds ".json.status == \"deployed\" and .json.value == \"$5\"" || released=false
  for each in "${FELDERA[@]}" 'statefulset/pipeline-*::8080'; do
    IFS=: read -r workload service port <<<"$each"
    for pod in $(kube_pods "$1" "$2" "$3" "$workload"); do
      at=$(kube_port "$1" "$2" "$3" "$service" "$port" "$pod")
      with_forward "$1" "$2" "$3" "$pod" "$at" leaf_is "feldera-api-server.$2.svc.cluster.local" "$6" && continue
      if [[ $pod == pipeline-* ]]; then pipelines=false; else components=false; fi
    done
  done
  jq -n --argjson r "$released" --argjson c "$components" --argjson p "$pipelines" \
    '{released: $r, components: ($r and $c), pipelines: ($r and $p), current: ($r and $c and $p)}' | answer_json
}

# feldera_list CONTEXT NAMESPACE KUBECONFIG
feldera_list() { feldera_api GET '/v0/pipelines?selector=status' "$@" && feldera_said; }

# feldera_stop CONTEXT NAMESPACE KUBECONFIG HOW FILE SECONDS: and keeps which ran
feldera_stop() { feldera_tenants feldera_stop_own "$@"; }
feldera_stop_own() {
  local list name force=false end=$((SECONDS + $6))
  [[ $4 == force ]] && force=true
  list=$(feldera_list "$1" "$2" "$3") || { say '  the API does not list its pipelines'; return 1; }
  mkdir -p "$(dirname "$5")"
  [[ -s $5 ]] || echo '[]' >"$5"
  jq -s '.[0] + [.[1][] | select(.deployment_status != "Stopped")
    | {name, id, initial: ({Paused: "paused", Standby: "standby"}[.deployment_desired_status] // "running")}]
    | unique_by(.id)' "$5" - <<<"$list" >"$5.new" && mv "$5.new" "$5"
  for name in $(jq -r '.[] | select(.deployment_status != "Stopped") | .name | @uri' <<<"$list"); do
    feldera_api POST "/v0/pipelines/$name/stop?force=$force" "$1" "$2" "$3" || {
      say "  $name does not stop: $(feldera_said)"
      return 1
    }
  done
  until feldera_list "$1" "$2" "$3" | jq -e 'all(.[]; .deployment_status == "Stopped")' >/dev/null; do
    ((SECONDS < end)) || return 124
    sleep 1
  done
}

# feldera_start CONTEXT NAMESPACE KUBECONFIG FILE: exactly those that ran
feldera_start() {
  [[ -s $4 ]] || return 0
  feldera_tenants feldera_start_own "$@" && rm -f "$4"
}
feldera_start_own() {
  local list each end=$((SECONDS + 300))
  list=$(feldera_list "$1" "$2" "$3") || { say '  the API does not list its pipelines'; return 1; }
  for each in $(jq -r --slurpfile ran "$4" '. as $all | $ran[0][] | select(.id as $id | $all | any(.id == $id))
    | "\(.name | @uri)/start?initial=\(.initial)"' <<<"$list"); do
    feldera_api POST "/v0/pipelines/$each" "$1" "$2" "$3" || { say "  $each: $(feldera_said)"; return 1; }
  done
  until feldera_list "$1" "$2" "$3" | jq -e --slurpfile ran "$4" '
    all(.[]; . as $one | all($ran[0][]; .id != $one.id or .initial == ($one.deployment_status | ascii_downcase)))' >/dev/null; do
    ((SECONDS < end)) || return 124
    sleep 1
  done
}

# feldera_healthy CONTEXT NAMESPACE KUBECONFIG SECONDS
feldera_healthy() { feldera_tenants feldera_healthy_own "$@"; }
feldera_healthy_own() {
  local end=$((SECONDS + $4))
  until feldera_api GET /v0/cluster_healthz "$1" "$2" "$3" && feldera_said | jq -e .all_healthy >/dev/null; do
    ((SECONDS < end)) || { say "  $(feldera_said)"; return 1; }
    sleep 2
  done
}

# feldera_keep CONTEXT NAMESPACE KUBECONFIG SECRET: the pair that is served now, for the way back
feldera_keep() {
  [[ -n $4 ]] || return 0
  kube "$1" "$2" "$3" get secret "$4" -o 'jsonpath={.data.tls\.crt}' | base64 -d >"$FOUND/chain.pem"
}

# feldera_licence_yaml ACCOUNT: the licence from the file that LICENCE= names, as YAML with quoted scalars
feldera_licence_yaml() {
  jq -n --arg account "$1" --rawfile key "${LICENCE:?names the file with the licence}" \
    '{felderaAccountId: $account, felderaLicenseKey: ($key | split("\n")[0])}'
}
