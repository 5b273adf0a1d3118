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
  local trust=()
  [[ -n $4 && -e $4 ]] && trust=(--cacert "$4")
  curl -q -sS --noproxy '*' --max-time 20 "${trust[@]}" --resolve "$2:${1##*:}:$(ip_of "$1")" \
    -o /dev/null -w '%{http_code}' "$3"
}

is_one_of() { [[ ",$2," == *",$1,"* ]]; }

# prove_served ADDRESS NAME PATH STATUSES LEAF ROOTS
prove_served() {
  local wanted status try
  wanted=$(wanted_leaf)
  for try in 1 2 3 4 5 6; do
    if [[ $(served_leaf "$1" "$2") == "$wanted" ]]; then
      say "  pass: tls.leaf ${wanted:0:11} is served"
      status=$(curl_at "$1" "$2" "https://$2:${1##*:}$3" "$6")
      if is_one_of "$status" "$4"; then say "  pass: http.answers GET $3 $status"; return 0; fi
      say "  http.answers: GET $3 $status, wanted $4"
    else
      say "  tls.leaf: not the wanted leaf (try $try of 6)"
    fi
    sleep 5
  done
  return 1
}

# prove_leaf ADDRESS NAME PATH STATUSES LEAF ROOTS: the leaf of before
prove_leaf() {
  local try
  for try in 1 2 3 4 5 6; do
    [[ -n $5 && $(served_leaf "$1" "$2") == "$5" ]] && return 0
    say "  tls.leaf: not the leaf of before (try $try of 6)"
    sleep 5
  done
  return 1
}

# prove_plain ADDRESS NAME PATH STATUSES ...: HTTP answers, TLS does not
prove_plain() {
  local status try
  for try in 1 2 3 4 5 6; do
    status=$(curl_at "$1" "$2" "http://$2:${1##*:}$3" '')
    if is_one_of "$status" "$4" && [[ -z $(served_leaf "$1" "$2") ]]; then
      say "  pass: http.answers GET $3 $status; no TLS"
      return 0
    fi
    say "  http.answers: GET $3 $status (try $try of 6)"
    sleep 5
  done
  return 1
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

# prove_reachable NAME HOST ADDRESS PATH STATUSES LEAF ROOTS
prove_reachable() { prove_served "$3" "$1" "$4" "$5" "$6" "$7"; }

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
