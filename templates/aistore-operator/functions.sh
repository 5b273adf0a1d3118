# aisop_look CONTEXT NAMESPACE KUBECONFIG RESOURCE ASKED: ASKED is what cert-manager shall make; what the API
# server adds by itself is no difference
aisop_look() {
  kube "$1" "$2" "$3" get aistores.ais.nvidia.com "$4" -o json |
    jq --argjson asked "$5" '(.spec.tls.certificate // null) as $there |
      {secretName: (.spec.tls.secretName // ""), managed: ($there != null),
       asked: ($there != null and $there * $asked == $there),
       useHttps: (.spec.configToUpdate.net.http.use_https // false),
       startedWith: (.spec.proxySpec.annotations["secure-endpoint.dev/started-with"] // "")}' |
    answer_json
}

# aisop_issued CONTEXT NAMESPACE KUBECONFIG SECRET CERTIFICATE KIND ISSUER SECONDS NAME...: until cert-manager has
# written what it was asked for; the key stays in the cluster
aisop_issued() {
  local secret seen names end=$((SECONDS + $8))
  while :; do
    secret=$(kube "$1" "$2" "$3" get secret "$4" --ignore-not-found -o json) || return 1
    seen="no Secret $4 for it yet"
    if [[ -n $secret ]] && jq -e --arg certificate "$5" --arg kind "$6" --arg issuer "$7" '
      .metadata.annotations as $notes | .data["tls.key"] != null and
      $notes["cert-manager.io/certificate-name"] == $certificate and
      $notes["cert-manager.io/issuer-kind"] == $kind and $notes["cert-manager.io/issuer-name"] == $issuer
    ' >/dev/null <<<"$secret"; then
      jq -r '.data["tls.crt"] | @base64d' <<<"$secret" >"$NEW/chain.pem"
      jq -r '.data["ca.crt"] // "" | @base64d' <<<"$secret" >"$NEW/roots.pem"
      names=$(openssl x509 -in "$NEW/chain.pem" -noout -ext subjectAltName 2>/dev/null | tr -d ' ' | tr , '\n')
      seen=''
      for each in "${@:9}"; do grep -qxF "DNS:$each" <<<"$names" || seen="it is not for $each yet"; done
    fi
    if [[ -z $seen ]]; then
      jq -n --arg leaf "$(fingerprint -in "$NEW/chain.pem")" '{fingerprint: $leaf}' | answer_json
      return
    fi
    if ((SECONDS >= end)); then say "  $seen"; return 124; fi
    sleep 1
  done
}

# aisop_patch CONTEXT NAMESPACE KUBECONFIG RESOURCE PATCH [LEAF]: with LEAF all pods start again for it
aisop_patch() {
  local patch=$5
  if [[ -n ${6:-} ]]; then
    patch=$(jq -c --arg leaf "$6" '{annotations: {"secure-endpoint.dev/started-with": $leaf}} as $noted |
      .spec.proxySpec = $noted | .spec.targetSpec = $noted' <<<"$patch") || return 1
  fi
  kube "$1" "$2" "$3" patch aistores.ais.nvidia.com "$4" --type=merge --field-manager=secure-endpoint -p "$patch" >/dev/null
}

# aisop_pems FILE: its certificates, a line each
aisop_pems() { awk '/BEGIN CERT/ {c = ""; next} /END CERT/ {print c; next} {gsub(/[ \t\r]/, ""); c = c $0}' "$1" 2>/dev/null; }

# aisop_startable CONTEXT NAMESPACE KUBECONFIG RESOURCE SECRET CHAIN ROOTS NEW: the Secret that the pods mount holds
# the pair of before, which is valid, or the new one that this script has put there
aisop_startable() {
  local secret held roots started='' other=''
  secret=$(kube "$1" "$2" "$3" get secret "$5" --ignore-not-found -o json) || return 1
  if [[ -n $secret ]]; then
    jq -r '.data["tls.crt"] // "" | @base64d' <<<"$secret" >"$RUN/mounted.pem"
    jq -r '.data["ca.crt"] // "" | @base64d' <<<"$secret" >"$RUN/mounted-roots.pem"
    held=$(fingerprint -in "$RUN/mounted.pem")
    if [[ -n $held && $held == "$(fingerprint -in "$6")" ]]; then
      roots=$(aisop_pems "$RUN/mounted-roots.pem")
      if [[ -n $roots ]] && ! grep -qxF -e "$(aisop_pems "$6")" -e "$(aisop_pems "$7")" <<<"$roots"; then
        other='another root'
      fi
    else
      started=$(kube "$1" "$2" "$3" get aistores.ais.nvidia.com "$4" -o json |
        jq -r '.spec.proxySpec.annotations["secure-endpoint.dev/started-with"] // ""')
      if [[ -z $held || $held != "$(fingerprint -in "$8")" || $held != "$started" ]]; then other='another pair'; fi
    fi
  fi
  if [[ -n $other ]]; then
    say "  the Secret $5, which the pods mount, holds $other: keep it where somebody needs it, and go over HTTP first"
    return 65
  fi
  openssl x509 -noout -checkend 0 -in "$6" >/dev/null
}

# aisop_taken CONTEXT NAMESPACE KUBECONFIG RESOURCE SECONDS WORKLOAD...: until the operator has put what the
# resource says of Secret and start into the templates of the pods
aisop_taken() {
  local tls sets each behind end=$((SECONDS + $5))
  tls=$(kube "$1" "$2" "$3" get aistores.ais.nvidia.com "$4" -o json) || return 1
  while :; do
    behind=''
    for each in "${@:6}"; do
      sets=$(kube "$1" "$2" "$3" get "$each" -o json) || return 1
      jq -e --argjson wanted "$tls" '($wanted.spec.tls.secretName // "") as $secret |
        ($wanted.spec.proxySpec.annotations["secure-endpoint.dev/started-with"] // null) as $leaf | .spec.template |
        ($leaf == null or .metadata.annotations["secure-endpoint.dev/started-with"] == $leaf) and
        ($secret == "" or any(.spec.volumes[]?; .secret.secretName == $secret))' <<<"$sets" >/dev/null || behind+=" $each"
    done
    if [[ -z $behind ]]; then return 0; fi
    if ((SECONDS >= end)); then say "  the operator has not begun to start$behind"; return 124; fi
    sleep 1
  done
}

# aisop_join FILE CHAIN PART...: the parts that are there, or the chain where none is
aisop_join() {
  local each
  : >"$1"
  for each in "${@:3}"; do
    if [[ ! -s $each ]]; then continue; fi
    if [[ -s $1 ]]; then echo >>"$1"; fi
    cat "$each" >>"$1"
  done
  if [[ ! -s $1 ]]; then cat "$2" >"$1"; fi
}

# aisop_secret_manifest NAMESPACE ENDPOINT NAME KEY=FILE...: with the key in it, for stdin alone
aisop_secret_manifest() {
  kube_secret_manifest "$1" "$2" kubernetes.io/tls "${@:4}" | jq --arg name "$3" '.metadata.name = $name'
}

# aisop_secret_look CONTEXT NAMESPACE KUBECONFIG ENDPOINT NAME KEY=FILE...
aisop_secret_look() {
  local there
  there=$(kube "$1" "$2" "$3" get secret "$5" --ignore-not-found -o json) || return 1
  aisop_secret_manifest "$2" "${@:4}" |
    jq --argjson there "${there:-null}" '{held: ($there != null and $there.data == .data and $there.type == .type)}' |
    answer_json
}

# aisop_secret_put CONTEXT NAMESPACE KUBECONFIG ENDPOINT NAME KEY=FILE...: somebody else's with ADOPT=1 alone
aisop_secret_put() {
  local there
  there=$(kube "$1" "$2" "$3" get secret "$5" --ignore-not-found -o json) || return 1
  if [[ -n $there && -z ${ADOPT:-} ]] && ! jq -e --arg endpoint "$4" \
    '.metadata.labels["secure-endpoint.dev/endpoint"] == $endpoint' >/dev/null <<<"$there"; then
    say "  the Secret $5 belongs to somebody else"
    return 65
  fi
  aisop_secret_manifest "$2" "${@:4}" |
    kube "$1" "$2" "$3" apply --server-side --force-conflicts --field-manager=secure-endpoint -f - >/dev/null || return 1
  aisop_secret_look "$@" && holds '.json.held'
}

# aisop_keep CONTEXT NAMESPACE KUBECONFIG SECRET: the pair that is served goes into FOUND
aisop_keep() {
  local secret key
  if [[ -n $4 && ! -e $FOUND/chain.pem ]]; then
    secret=$(kube "$1" "$2" "$3" get secret "$4" -o json) || return 1
    mkdir -p "$FOUND"
    for key in tls.crt:chain.pem tls.key:key.pem ca.crt:roots.pem; do
      (umask 077 && jq -r --arg key "${key%:*}" '.data[$key] // "" | @base64d' <<<"$secret" >"$FOUND/${key#*:}")
    done
  fi
  jq -n '{kept: true}' | answer_json
}

# aisop_ask NAME ROOTS PORT: has the cluster load; what it answers is not believed. Without ROOTS those of this
# machine count. TOKEN= names the file of an AuthN token, also as ais auth login writes it
aisop_ask() {
  local more=()
  if [[ -n $2 ]]; then more+=(--cacert "$2"); fi
  if [[ -n ${TOKEN:-} ]]; then
    printf 'Authorization: Bearer %s\n' "$(jq -re .token "$TOKEN" 2>/dev/null || head -1 "$TOKEN")" >"$RUN/ais-token"
    more+=(--header "@$RUN/ais-token")
  fi
  curl -q -sS --noproxy '*' --max-time 30 --connect-to "$1:$3:127.0.0.1:$3" -X PUT "${more[@]}" \
    -o /dev/null "https://$1:$3/v1/cluster/load-x509" 2>/dev/null
}

# aisop_load CONTEXT NAMESPACE KUBECONFIG CHAIN NAME SECONDS WORKLOAD PORT WORKLOAD PORT: until each pod serves it
aisop_load() {
  local leaf workload port pod stale roots end=$((SECONDS + $6)) pairs=("${@:7}")
  leaf=$(openssl x509 -noout -fingerprint -sha256 -in "$4" | sed 's/.*=//')
  cat "$NEW/roots.pem" "$OLD/roots.pem" "$FOUND/roots.pem" >"$RUN/both-roots" 2>/dev/null || true
  while :; do
    stale=''
    for ((each = 0; each < ${#pairs[@]}; each += 2)); do
      workload=${pairs[each]} port=${pairs[each + 1]}
      for pod in $(kube_pods "$1" "$2" "$3" "$workload"); do
        with_forward "$1" "$2" "$3" "$pod" "$port" leaf_is "$5" "$leaf" || stale+=" $pod:$port"
      done
    done
    if [[ -z $stale ]]; then return 0; fi
    if ((SECONDS >= end)); then say "  these pods serve another pair:$stale"; return 1; fi
    pod=${stale# }
    pod=${pod%% *}
    # either pair may be of a root that this machine trusts; to a server that is not trusted nothing is sent
    for roots in "$RUN/both-roots" ''; do
      if [[ -n $roots && ! -s $roots ]]; then continue; fi
      if with_forward "$1" "$2" "$3" "${pod%:*}" "${pod##*:}" aisop_ask "$5" "$roots"; then break; fi
    done
    sleep 5
  done
}
