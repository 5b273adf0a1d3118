ANSWER=$WORK/answer.json
BEGUN=()

say() { printf '%s\n' "$*" >&2; }

# in_folder FOLDER COMMAND...
in_folder() { (cd "$1" && shift && "$@"); }

# answer_of SECONDS COMMAND...: runs it with stdin closed and puts exit, words and JSON into $ANSWER
answer_of() {
  local rc=0
  timeout "$1" "${@:2}" </dev/null >"$WORK/out" 2>"$WORK/err" || rc=$?
  sed 's/^/  | /' "$WORK/out" "$WORK/err" >&2
  jq -n --argjson exit "$rc" --rawfile out "$WORK/out" --rawfile err "$WORK/err" \
    '{exit: $exit, text: ($out + "\n" + $err), json: ($out | fromjson? // null)}' >"$ANSWER"
}

# answer_json: JSON on stdin becomes the answer
answer_json() { jq '{exit: 0, text: tojson, json: .}' >"$ANSWER"; }

answer_http() {
  local body
  body=$(curl -q -sS --noproxy '*' --max-time 20 -X "$1" -w '\n%{http_code}' "$2" 2>&1)
  jq -n --arg body "${body%$'\n'*}" --arg status "${body##*$'\n'}" \
    '{text: $body, status: ($status | tonumber? // null), json: ($body | fromjson? // null)}' >"$ANSWER"
}

answer_handshake() {
  jq -n --arg leaf "$(served_leaf "$1" "$2")" '{text: "", leafSha256: $leaf}' >"$ANSWER"
}

# holds JQ: whether the answer is as wanted
holds() { jq -e "$1" "$ANSWER" >/dev/null 2>&1; }

# explain JQ WORDS: says what the tool's words mean
explain() { if holds "$1"; then say "  $2"; return 1; fi; }

# put PATH MODE: a file from stdin, with the folders of the pair put in as JSON text
put() {
  local text new old
  new=$(jq -rn --arg p "$NEW" '$p | tojson | .[1:-1]')
  old=$(jq -rn --arg p "$OLD" '$p | tojson | .[1:-1]')
  text=$(cat)
  text=${text//@NEW@/"$new"}
  mkdir -p "$(dirname "$1")" || return 1
  printf '%s\n' "${text//@OLD@/"$old"}" >"$1" && chmod "$2" "$1"
}

# filled NAMES...: puts variables into a file's text, as JSON text where it says @NAME@
filled() {
  local text each value
  text=$(cat)
  for each in "$@"; do
    value=$(jq -rn --arg v "${!each}" '$v | tojson | .[1:-1]')
    text=${text//@$each@/"$value"}
  done
  printf '%s\n' "$text"
}

ask() {
  local reply
  [[ -t 0 ]] || { say "  nobody is there to ask: $1"; return 3; }
  read -r -p "$1 [y/N] " reply
  [[ $reply == [yY]* ]] || return 3
}

fingerprint() { openssl x509 -noout -fingerprint -sha256 "$@" 2>/dev/null | sed 's/.*=//'; }
wanted_leaf() { fingerprint -in "$NEW/chain.pem"; }
served_leaf() { # ADDRESS NAME
  openssl s_client -connect "$1" -servername "$2" </dev/null 2>/dev/null | fingerprint
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

# wait_for_answer URL NAME ROOTS: until something else than 503 comes, at most 5 minutes
wait_for_answer() {
  local end=$((SECONDS + 300)) address status scheme=${1%%:*}
  address=${1#*://} address=${address%%/*}
  while ((SECONDS < end)); do
    status=$(curl_at "$address" "$2" "$scheme://$2:${address##*:}/${1#*://*/}" "$3" 2>/dev/null)
    [[ $status != 000 && $status != 503 ]] && return 0
    sleep 2
  done
  say '  not ready yet; going on'
}

# make_pair NAMES KEYTYPE DAYS AUTHORITY ROOT: CERT and KEY, or a new pair by openssl
make_pair() {
  if [[ -n $CERT ]]; then take_pair "$5"; return; fi
  local names=$1 san='' permitted='' each algorithm=()
  for each in ${names//,/ }; do
    if [[ $each =~ ^[0-9.]+$ || $each == *:* ]]; then
      san+=",IP:$each" permitted+=",permitted;IP:$each/255.255.255.255"
    else
      san+=",DNS:$each" permitted+=",permitted;DNS:${each#\*.}"
    fi
  done
  case $2 in
    ecdsa-p256) algorithm=(ec -pkeyopt ec_paramgen_curve:P-256) ;;
    ecdsa-p384) algorithm=(ec -pkeyopt ec_paramgen_curve:P-384) ;;
    rsa-*) algorithm=("rsa:${2#rsa-}") ;;
  esac
  local leaf=(-addext "subjectAltName=${san#,}" -addext 'basicConstraints=critical,CA:FALSE'
    -addext 'keyUsage=critical,digitalSignature' -addext extendedKeyUsage=serverAuth)
  if [[ $4 == none ]]; then
    openssl req -x509 -newkey "${algorithm[@]}" -nodes -subj "/CN=${names%%,*}" -days "$3" "${leaf[@]}" \
      -keyout "$NEW/key.pem" -out "$NEW/chain.pem" 2>/dev/null && cp "$NEW/chain.pem" "$NEW/roots.pem"
    return
  fi
  openssl req -x509 -newkey "${algorithm[@]}" -nodes -subj '/CN=secure-endpoint CA' -days 3650 \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
    -addext "nameConstraints=critical${permitted}" \
    -keyout "$NEW/ca-key.pem" -out "$NEW/roots.pem" 2>/dev/null &&
    openssl req -new -newkey "${algorithm[@]}" -nodes -subj "/CN=${names%%,*}" "${leaf[@]}" \
      -keyout "$NEW/key.pem" -out "$NEW/leaf.csr" 2>/dev/null &&
    openssl x509 -req -in "$NEW/leaf.csr" -CA "$NEW/roots.pem" -CAkey "$NEW/ca-key.pem" -CAcreateserial \
      -days "$3" -copy_extensions copyall -out "$NEW/chain.pem" 2>/dev/null &&
    if [[ $5 == needed ]]; then cat "$NEW/roots.pem" >>"$NEW/chain.pem"; fi
}

# answer_pair: the new leaf's fingerprint as the answer
answer_pair() { jq -n --arg leaf "$(wanted_leaf)" '{fingerprint: $leaf}' | answer_json; }

# take_pair ROOT: CERT and KEY, if they belong together and are valid; ROOTS ends the chain where it is needed
take_pair() {
  local key=${KEY:-$CERT}
  openssl x509 -in "$CERT" -noout -checkend 0 >/dev/null || { say '  the certificate has expired'; return 1; }
  [[ $(openssl x509 -in "$CERT" -noout -pubkey) == $(openssl pkey -in "$key" -pubout) ]] ||
    { say '  the key does not belong to this certificate'; return 1; }
  cp "$CERT" "$NEW/chain.pem" && openssl pkey -in "$key" -out "$NEW/key.pem" &&
    if [[ -n $ROOTS ]]; then
      cp "$ROOTS" "$NEW/roots.pem" &&
        if [[ $1 == needed ]]; then cat "$ROOTS" >>"$NEW/chain.pem"; fi
    fi
}

has() { declare -F "$1" >/dev/null; }

# step ID TITLE RULE: looks, acts, and follows the rule when it fails
step() {
  local rc=0
  say "$2"
  if has "look_$1"; then
    for _ in {1..450}; do
      if "look_$1"; then say '  already so'; return; fi
      if has "busy_$1" && "busy_$1"; then sleep 2; else break; fi
    done
  fi
  BEGUN=("$1" "${BEGUN[@]}")
  "act_$1" || rc=$?
  case $rc:$3 in
    0:*) say '  done' ;;
    3:*) say '  skipped'; exit 0 ;;
    *:report) say '  not yet: run this script again later'; exit 124 ;;
    *:undo) undo_all; say "failed: $2; what was there before is back"; exit 1 ;;
    *) say "failed: $2"; exit 1 ;;
  esac
}

undo_step() {
  say "undo: $2"
  if has "look_$1" && "look_$1"; then return; fi
  "act_$1"
}

undo_all() {
  local each
  for each in "${BEGUN[@]}"; do
    if has "undo_$each"; then "undo_$each" || { say 'the undo failed'; exit 1; }; fi
  done
}

begin() {
  mkdir -p "$NEW" "$FOUND" || exit 73
  [[ ${YES:-} == 1 ]] || ask 'Shall this run?' || exit 2
}

finish() { say 'done: it is served and proven'; }

# azure_dns KIND VERB TYPE SUBSCRIPTION GROUP ZONE RECORD WORDS...
azure_dns() {
  local group=dns
  [[ $1 == private ]] && group=private-dns
  az network "$group" record-set "$3" "$2" -n "$7" -g "$5" -z "$6" --subscription "$4" "${@:8}" \
    -o json --only-show-errors </dev/null
}

# azure_dns_type HOST
azure_dns_type() { if [[ $1 =~ ^[0-9.]+$ ]]; then echo a; elif [[ $1 == *:* ]]; then echo aaaa; else echo cname; fi; }

# azure_dns_values KIND SUBSCRIPTION GROUP ZONE RECORD HOST
azure_dns_values() {
  azure_dns "$1" show "$(azure_dns_type "$6")" "$2" "$3" "$4" "$5" 2>/dev/null |
    jq -r '((.ARecords // .aRecords // [])[].ipv4Address), ((.AAAARecords // .aaaaRecords // [])[].ipv6Address),
      (.CNAMERecord // .cnameRecord // {}).cname // empty'
}

# azure_dns_look KIND SUBSCRIPTION GROUP ZONE RECORD HOST
azure_dns_look() {
  jq -n --arg values "$(azure_dns_values "$@")" --arg host "$6" '{led: ($values == $host), seen: $values}' | answer_json
}

# azure_dns_lead KIND SUBSCRIPTION GROUP ZONE RECORD HOST: the new value first, then the old ones go
azure_dns_lead() {
  local type flag ttl=() old
  type=$(azure_dns_type "$6")
  case $type in a) flag=--ipv4-address ;; aaaa) flag=--ipv6-address ;; *) flag=--cname ;; esac
  [[ $1 == public ]] && ttl=(--ttl 300)
  old=$(azure_dns_values "$@")
  if [[ $type == cname ]]; then
    azure_dns "$1" set-record cname "$2" "$3" "$4" "$5" --cname "$6" "${ttl[@]}" >/dev/null
    return
  fi
  if ! grep -qxF "$6" <<<"$old"; then
    azure_dns "$1" add-record "$type" "$2" "$3" "$4" "$5" "$flag" "$6" "${ttl[@]}" >/dev/null || return 1
  fi
  local each
  for each in $old; do
    [[ $each == "$6" ]] || azure_dns "$1" remove-record "$type" "$2" "$3" "$4" "$5" "$flag" "$each" >/dev/null || return 1
  done
}
