fingerprint() { openssl x509 -noout -fingerprint -sha256 "$@" 2>/dev/null | sed 's/.*=//'; }
wanted_leaf() { fingerprint -in "$NEW/chain.pem"; }
served_leaf() { # ADDRESS NAME
  timeout 10 openssl s_client -connect "$1" -servername "$2" </dev/null 2>/dev/null | fingerprint
}
ip_of() { # HOST
  local host=${1%:*}
  host=${host#[} host=${host%]}
  if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then echo "$host"; return; fi
  getent ahostsv4 "$host" | awk 'NR == 1 {print $1}'
}

# curl_at ADDRESS NAME URL ROOTS: the status that the address gives under that name
curl_at() {
  local trust=() own=()
  [[ -n $4 && -s $4 ]] && trust=(--cacert "$4")
  # where clients are asked for a certificate
  if [[ -n ${CLIENT_CERT:-} && $3 == https:* ]]; then own=(--cert "$CLIENT_CERT" --key "${CLIENT_KEY:-}"); fi
  curl -q -sS --noproxy '*' --max-time 20 "${trust[@]}" "${own[@]}" --resolve "$2:${1##*:}:$(ip_of "$1")" \
    -o /dev/null -w '%{http_code}' "$3"
}

is_one_of() { [[ ",$2," == *",$1,"* ]]; }

# try_for SECONDS COMMAND...: again while it fails: with 1, what may need time, until the time is over;
# with anything else three times, 5 s apart
try_for() {
  local definite=0 rc end=$((SECONDS + $1))
  while :; do
    rc=0
    "${@:2}" || rc=$?
    if ((rc == 0)); then return 0; fi
    if ((rc == 1 && SECONDS >= end)); then return 1; fi
    if ((rc != 1)) && ((++definite >= 3)); then return 1; fi
    sleep $((rc == 1 ? 1 : 5))
  done
}

# needs_time STATUS: whether a status may only need time
needs_time() { [[ $1 == 000 || $1 == 5* ]]; }

# prove_served ADDRESS NAME PATH STATUSES LEAF ROOTS SECONDS: the leaf of $NEW, and an answer over it
prove_served() { try_for "$7" once_served "$@"; }
once_served() {
  local leaf wanted status
  leaf=$(served_leaf "$1" "$2") wanted=$(wanted_leaf)
  if [[ -z $leaf ]]; then say "  tls.leaf: $1 does not answer"; return 1; fi
  if [[ $leaf != "$wanted" ]]; then say "  tls.leaf: ${leaf:0:11} is served, wanted ${wanted:0:11}"; return 2; fi
  status=$(curl_at "$1" "$2" "https://$2:${1##*:}$3" "$6")
  if is_one_of "$status" "$4"; then
    say "  pass: tls.leaf ${wanted:0:11} is served" "  pass: http.answers GET $3 $status"
    return 0
  fi
  say "  http.answers: GET $3 $status, wanted $4"
  if needs_time "$status"; then return 1; fi
  return 2
}

# prove_leaf ADDRESS NAME PATH STATUSES LEAF ROOTS SECONDS: the leaf of before, any where it is not known
prove_leaf() { try_for "$7" once_leaf "$@"; }
once_leaf() {
  local leaf
  leaf=$(served_leaf "$1" "$2")
  if [[ -z $leaf ]]; then say "  tls.leaf: $1 does not answer"; return 1; fi
  if [[ -z $5 || $leaf == "$5" ]]; then say "  pass: tls.leaf ${leaf:0:11} is served"; return 0; fi
  say "  tls.leaf: ${leaf:0:11} is served, wanted ${5:0:11}"
  return 2
}

# prove_plain ADDRESS NAME PATH STATUSES LEAF ROOTS SECONDS: HTTP answers, TLS does not
prove_plain() { try_for "$7" once_plain "$@"; }
once_plain() {
  local status
  status=$(curl_at "$1" "$2" "http://$2:${1##*:}$3" '')
  if ! is_one_of "$status" "$4"; then
    say "  http.answers: GET $3 $status, wanted $4"
    if needs_time "$status"; then return 1; fi
    return 2
  fi
  if [[ -n $(served_leaf "$1" "$2") ]]; then say '  TLS is still spoken'; return 2; fi
  say "  pass: http.answers GET $3 $status; no TLS"
}

# dns_leads_to NAME HOST SERVER
dns_leads_to() {
  local said wanted
  said=$(nslookup "$1" ${3:+"$3"} 2>/dev/null | awk '/^Name:/ {on = 1} on && /^Address/ {print $2}')
  wanted=$(ip_of "$2:0")
  jq -n --arg said "$said" --arg wanted "$wanted" \
    '{settled: ($said | split("\n") | index($wanted) != null), seen: $said}' | answer_json
  say "  $1 leads to ${said:-nothing}; the record that is needed: $1. 300 IN A $wanted"
}

# prove_reachable NAME HOST ADDRESS PATH STATUSES LEAF ROOTS SECONDS
prove_reachable() { prove_served "$3" "$1" "${@:4}"; }

# wait_for_answer URL NAME ROOTS SECONDS: until something else than 503 comes
wait_for_answer() {
  local end=$((SECONDS + $4)) address status scheme=${1%%:*}
  address=${1#*://} address=${address%%/*}
  while ((SECONDS < end)); do
    status=$(curl_at "$address" "$2" "$scheme://$2:${address##*:}/${1#*://*/}" "$3" 2>/dev/null)
    [[ $status != 000 && $status != 503 ]] && return 0
    sleep 2
  done
  say '  not ready yet; going on'
}
