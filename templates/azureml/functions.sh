# azureml_read WHERE...: the extension of Azure ML as one JSON object, or null
azureml_read() {
  az k8s-extension list "$@" -o json --only-show-errors </dev/null 2>"$RUN/err" |
    jq '[.[] | select(.extensionType | ascii_downcase == "microsoft.azureml.kubernetes")][0]'
}

# azureml_extension MODE SECRET CNAME WHERE...: how it is, and whether that is as wanted. A stored pair
# cannot be read back: in PEM mode it is always sent again.
azureml_extension() {
  azureml_read "${@:4}" >"$RUN/extension.json" || return 1
  jq --arg mode "$1" --arg secret "$2" --arg cname "$3" '
    . as $e | ($e.configurationSettings // {}) as $s | ($e.configurationProtectedSettings // {}) as $p
    | (if $e == null then "absent"
       elif ($s.allowInsecureConnections // "" | ascii_downcase) == "true" then "http"
       elif $p | has("scoringFe.sslCert") then "pem"
       elif ($s["scoringFe.sslSecret"] // "") != "" then "secret" else "none" end) as $is
    | ($e.provisioningState // "Absent") as $state
    | {state: $state, mode: $is, moving: ($state | IN("Creating", "Updating", "Deleting", "Pending")),
       relayReady: ($s | has("relayserver.enabled") and has("servicebus.enabled")),
       asWanted: (if $mode == "absent" then $e == null
         else $state == "Succeeded" and $is == $mode and $mode != "pem"
           and ($mode != "secret" or ($s["scoringFe.sslSecret"] == $secret and $s.sslCname == $cname))
           and ($mode != "http" or (($s.sslCname // "") == "" and ($s["scoringFe.sslSecret"] // "") == "")) end),
       seen: ($state + ", " + $is)}' "$RUN/extension.json" | answer_json
  say "  $(jq -r .json.seen "$ANSWER")"
}

# azureml_change MODE FOLDER FILE az's words: sent again only when Azure is done with what was lost
azureml_change() {
  local folder=$2 extra=$3
  shift 3
  local where=("${@:5:8}")
  if [[ -n $extra ]]; then
    jq '. + {sslCertPemFile: "chain.pem", sslKeyPemFile: "key.pem"}' "$extra" >"$folder/protected.json" || return 1
  fi
  for _ in 1 2 3; do
    in_folder "$folder" answer_of 2400 az "$@" -o json --only-show-errors
    if holds '.exit == 0'; then break; fi
    holds '.text | test("Connection aborted|RemoteDisconnected|in progress")' || break
    say '  the answer was lost, or another operation is under way: the state is read'
    for _ in {1..180}; do
      azureml_extension '' '' '' "${where[@]}"
      holds '.json.moving == false' && break
      sleep 10
    done
  done
  [[ -n $extra ]] && rm -f "$folder/protected.json"
  holds '.exit == 0'
}

# azureml_same_cluster CONTEXT NAMESPACE KUBECONFIG TYPE SUBSCRIPTION GROUP CLUSTER
azureml_same_cluster() {
  local ours theirs
  if [[ $4 == managedClusters ]]; then
    ours=$(kube "$1" "$2" "$3" config view --minify -o 'jsonpath={.clusters[0].cluster.server}')
    theirs=$(az aks get-credentials -g "$6" -n "$7" --subscription "$5" -f - --only-show-errors </dev/null |
      sed -n 's/^ *server: *//p')
  else
    ours=$(kube "$1" azure-arc "$3" get configmap azure-clusterconfig \
      -o 'jsonpath={.data.AZURE_SUBSCRIPTION_ID}/{.data.AZURE_RESOURCE_GROUP}/{.data.AZURE_RESOURCE_NAME}')
    theirs="$5/$6/$7"
  fi
  say "  az: $theirs, kubectl: $ours"
  jq -n --arg ours "${ours,,}" --arg theirs "${theirs,,}" '{same: ($ours != "" and $ours == $theirs), server: $ours}' | answer_json
}

# azureml_address CONTEXT NAMESPACE KUBECONFIG KIND NAME SCHEME HOST
azureml_address() {
  kube "$1" "$2" "$3" get "$4" "$5" -o json 2>/dev/null |
    jq --arg scheme "$6" --arg host "$7" '
      (.spec.type == "NodePort") as $node | {"http": 80, "https": 443}[$scheme] as $usual
      | (.spec.ports // [{port: $usual}]) as $ports
      | ([$ports[] | select(.name == $scheme)] + [$ports[] | select(.port == $usual)])[0] as $p
      | (if $node then $p.nodePort else $p.port end) as $port
      | (if $host != "" then $host else (.status.loadBalancer.ingress[0] | .ip // .hostname) end) as $at
      | {address: (if $at == null then null else "\($at):\($port)" end), host: $at, port: ($port | tostring)}' |
    answer_json
}

# azureml_restart CONTEXT NAMESPACE KUBECONFIG
azureml_restart() {
  kube_restart "$1" "$2" "$3" deployment/azureml-fe-v2 &&
    kube_rollout "$1" "$2" "$3" 600 deployment/azureml-fe-v2
}

# azureml_ingress_ours NAME: whether the Ingress on stdin is the endpoint's own
azureml_ingress_ours() {
  jq -e --arg name "$1" '.metadata.labels // {} | .["app.kubernetes.io/managed-by"] == "secure-endpoint"
    and .["secure-endpoint.dev/endpoint"] == $name' >/dev/null
}

# azureml_ingress CONTEXT NAMESPACE KUBECONFIG NAME FILE: whether it is ours and says what the file does
azureml_ingress() {
  local there ours=false
  there=$(kube "$1" "$2" "$3" get ingress "$4" -o json --ignore-not-found) || return 1
  azureml_ingress_ours "$4" <<<"${there:-null}" && ours=true
  jq --argjson there "${there:-null}" --argjson ours "$ours" '
    .spec as $w | ($there.spec // {}) as $is
    | {asWanted: ($ours and (($w | has("tls")) == ($is | has("tls"))) and ([$w | keys[] | $w[.] == $is[.]] | all))}' \
    "$5" | answer_json
}

# azureml_ingress_apply CONTEXT NAMESPACE KUBECONFIG NAME FILE BEFORE ADOPT: what stood there is kept in BEFORE
azureml_ingress_apply() {
  local there force=()
  # what an earlier run has kept says nothing of this one
  rm -f "$6"
  there=$(kube "$1" "$2" "$3" get ingress "$4" -o json --ignore-not-found) || return 1
  if [[ -n $there ]]; then
    force=(--force-conflicts)
    if [[ $7 != yes ]] && ! azureml_ingress_ours "$4" <<<"$there"; then
      say "  Ingress $4 belongs to somebody else"
      return 1
    fi
  fi
  jq 'if . == null then null else {apiVersion, kind, spec,
    metadata: (.metadata | {name, namespace, labels, annotations, ownerReferences} | with_entries(select(.value != null)))} end' \
    <<<"${there:-null}" >"$6" || return 1
  kube "$1" "$2" "$3" apply --server-side --field-manager=secure-endpoint "${force[@]}" -f "$5" >/dev/null
}

# azureml_ingress_back CONTEXT NAMESPACE KUBECONFIG NAME BEFORE: only one that was made here is deleted
azureml_ingress_back() {
  local there
  [[ -s $5 ]] || return 0
  there=$(kube "$1" "$2" "$3" get ingress "$4" -o json --ignore-not-found) || return 1
  if jq -e '. == null' "$5" >/dev/null; then
    [[ -n $there ]] || return 0
    azureml_ingress_ours "$4" <<<"$there" || { say "  Ingress $4 stays: it belongs to somebody else"; return 0; }
    kube "$1" "$2" "$3" delete ingress --ignore-not-found "$4" >/dev/null
  elif azureml_ingress_ours "$4" <"$5"; then
    jq 'del(.metadata.annotations, .metadata.ownerReferences)' "$5" |
      kube "$1" "$2" "$3" apply --server-side --field-manager=secure-endpoint --force-conflicts -f - >/dev/null
  elif [[ -n $there ]]; then
    kube "$1" "$2" "$3" replace -f "$5" >/dev/null
  else
    kube "$1" "$2" "$3" create -f "$5" >/dev/null
  fi
}

# azureml_keep_found CONTEXT NAMESPACE KUBECONFIG SECRET CHAIN KEY INGRESS: what an undo goes back to
azureml_keep_found() {
  if [[ -n $7 ]]; then
    kube "$1" "$2" "$3" get ingress "$7" -o json >"$FOUND/ingress.json" || return 1
  fi
  if [[ -n $4 ]]; then
    kube "$1" "$2" "$3" get secret "$4" -o json --ignore-not-found >"$WORK/secret.json" || return 1
    if jq -e '.data | .["cert.pem"] and .["key.pem"]' "$WORK/secret.json" >/dev/null; then
      jq -r '.data["cert.pem"] | @base64d' "$WORK/secret.json" >"$FOUND/chain.pem"
      jq -r '.data["key.pem"] | @base64d' "$WORK/secret.json" >"$FOUND/key.pem"
      rm -f "$WORK/secret.json"
      return 0
    fi
    rm -f "$WORK/secret.json"
  fi
  if [[ -n $5 && -n $6 ]]; then cp "$5" "$FOUND/chain.pem" && cp "$6" "$FOUND/key.pem"; fi
}
