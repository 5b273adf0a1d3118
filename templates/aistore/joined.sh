# Public listeners without a pair of their own (net.http.pub) serve what the others of their node do.

# ais_apart NODES PORTS CHAIN: the public listeners that do not
ais_apart() {
  local id public control data leaf own address
  own=$(fingerprint -in "$3")
  while read -r id public control data; do
    leaf=$(served_leaf "$public" localhost)
    if [[ -z $leaf ]]; then echo "$id: $public serves no TLS"; continue; fi
    if [[ $2 != all ]]; then
      if [[ $leaf == "$own" ]]; then echo "$id: $public serves its own ${own:0:11} still"; fi
      continue
    fi
    for address in $(ais_listeners "$id $public $control $data" inside); do
      if [[ $(served_leaf "$address" localhost) != "$leaf" ]]; then
        echo "$id: ${leaf:0:11} at $public, another at $address"
        break
      fi
    done
  done <<<"$1"
}

# ais_joined ... PORTS CHAIN
ais_joined() {
  local id public control data up=''
  while read -r id public control data; do
    if [[ -n $(served_leaf "$public" localhost) ]]; then up+=" $id"; fi
  done <<<"$3"
  jq -n --arg up "$up" --arg apart "$(ais_apart "$3" "$6" "$7")" \
    '{joined: ($apart == ""), down: ($up == ""), seen: $apart}' | answer_json
}

# ais_prove_joined ... PORTS CHAIN SECONDS
ais_prove_joined() { try_for "$8" once_ais_joined "$@"; }
once_ais_joined() {
  local apart wrong
  ais_trust "$4" "$5"
  apart=$(ais_apart "$3" "$6" "$7")
  if [[ -n $apart ]]; then say "  tls.leaf: ${apart//$'\n'/; }"; return 2; fi
  wrong=$(ais_wrong "${@:1:3}" https)
  if [[ -n $wrong ]]; then say "  aistore.node-state: ${wrong//$'\n'/; }"; return 1; fi
  say '  pass: tls.leaf is that of the other listeners' '  pass: aistore.node-state'
}

# ais_inside ... PORTS: the pair that public listeners will serve is trusted here
ais_inside() {
  local id public control data rc own=()
  [[ $6 == all ]] || return 0
  ais_trust "$4" "$5"
  if [[ -n ${CLIENT_CERT:-} ]]; then own=(--cert "$CLIENT_CERT" --key "${CLIENT_KEY:-}"); fi
  while read -r id public control data; do
    rc=0
    curl -q -sS --noproxy '*' --max-time 10 --cacert "$RUN/ais-roots" "${own[@]}" -o /dev/null "https://$control/" 2>/dev/null || rc=$?
    if ((rc == 60)); then say "  $id: $control serves a pair that is not trusted here"; return 65; fi
  done <<<"$3"
}
