# What a cluster asks its clients for (client_auth_tls). CLIENT_CERT= and CLIENT_KEY= name our own pair; else
# the one that is recorded, or made here, counts.
ais_own_pair() {
  local folder folders=("$WORK/client")
  # beside what the script itself has found there is none
  if [[ -n ${OLD:-} && $OLD != "$FOUND" ]]; then folders+=("$OLD/../../client"); fi
  for folder in "${folders[@]}"; do
    if [[ -z ${CLIENT_CERT:-} && -s $folder/chain.pem ]]; then
      CLIENT_CERT=$folder/chain.pem CLIENT_KEY=$folder/key.pem
    fi
  done
}
ais_own_pair

# ais_client_wrong LEVEL ROOTS: why the cluster would refuse our pair
ais_client_wrong() {
  if [[ ! -s ${CLIENT_CERT:-} || ! -s ${CLIENT_KEY:-} ]]; then echo 'there is none: name it, CLIENT_CERT= and CLIENT_KEY='; return; fi
  openssl x509 -in "$CLIENT_CERT" -noout -checkend 0 >/dev/null || echo 'it has expired'
  [[ $(openssl x509 -in "$CLIENT_CERT" -noout -pubkey) == $(openssl pkey -in "$CLIENT_KEY" -pubout 2>/dev/null) ]] ||
    echo 'the key is that of another certificate'
  if (($1 >= 3)); then
    openssl verify -purpose sslclient -CAfile "$2" -untrusted "$CLIENT_CERT" "$CLIENT_CERT" >/dev/null 2>&1 ||
      echo 'no root that the nodes trust has signed it for clients'
  fi
}

# ais_client_kept CHAIN KEY ROOTS LEVEL NAME DAYS: CHAIN and KEY where the user names them
ais_client_kept() {
  if [[ -n $1 ]]; then CLIENT_CERT=$1 CLIENT_KEY=$2; fi
  jq -n --arg wrong "$(ais_client_wrong "$4" "$3")" '{kept: ($wrong == ""), seen: $wrong}' | answer_json
}

# ais_client_pair CHAIN KEY ROOTS LEVEL NAME DAYS: makes one where none is named
ais_client_pair() {
  local wrong ca=()
  if [[ -z $1 && -n $(ais_client_wrong "$4" "$3") && ($4 -le 2 || -e $NEW/ca-key.pem) ]]; then
    if [[ -e $NEW/ca-key.pem ]]; then ca=(-CA "$NEW/roots.pem" -CAkey "$NEW/ca-key.pem"); fi
    mkdir -p "$WORK/client" &&
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$5" -days "$6" \
        -addext "subjectAltName=DNS:$5" -addext basicConstraints=critical,CA:FALSE \
        -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=clientAuth "${ca[@]}" \
        -keyout "$WORK/client/key.pem" -out "$WORK/client/chain.pem" 2>/dev/null || return 1
    CLIENT_CERT='' CLIENT_KEY=''
    ais_own_pair
  fi
  wrong=$(ais_client_wrong "$4" "$3")
  if [[ -n $wrong ]]; then say "  our own certificate: ${wrong//$'\n'/; }"; return 65; fi
  if (($4 == 2 || $4 == 4)); then
    say "  configure each client first: export AIS_CRT=$CLIENT_CERT AIS_CRT_KEY=$CLIENT_KEY"
  fi
}

# ais_answers ADDRESS CURL...: whether that client is answered
ais_answers() {
  curl -q -sS --noproxy '*' --max-time 10 --cacert "$RUN/ais-roots" "${@:2}" -o /dev/null "https://$1/v1/health" 2>/dev/null
}

# ais_differs ADDRESS LEVEL: how a listener treats clients otherwise than the level says
ais_differs() {
  local asks=no none=no stranger=no said
  if [[ ! -s $RUN/stranger.pem ]]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=stranger -days 1 \
      -addext extendedKeyUsage=clientAuth -keyout "$RUN/stranger.key" -out "$RUN/stranger.pem" 2>/dev/null
  fi
  # s_client fails where a certificate is demanded; what was asked is in its messages all the same
  said=$(timeout 10 openssl s_client -tls1_2 -msg -connect "$1" </dev/null 2>/dev/null) || true
  if [[ $said == *CertificateRequest* ]]; then asks=yes; fi
  if ais_answers "$1"; then none=yes; fi
  if ais_answers "$1" --cert "$RUN/stranger.pem" --key "$RUN/stranger.key"; then stranger=yes; fi
  case $2:$asks:$none:$stranger in
    0:no:yes:yes | 1:yes:yes:yes | 2:yes:no:yes | 3:yes:yes:no | 4:yes:no:no) ;;
    *) echo "$1: asks $asks, without one $none, a stranger's $stranger" ;;
  esac
  if [[ -n ${CLIENT_CERT:-} ]]; then
    ais_answers "$1" --cert "$CLIENT_CERT" --key "$CLIENT_KEY" || echo "$1: ours is refused"
  fi
}

ais_all_differ() { # NODES PORTS LEVEL
  local address
  while read -r address; do ais_differs "$address" "$3"; done < <(ais_listeners "$1" "$2")
}

# ais_acts ... PORTS LEVEL: settings are new at once, and listeners follow at a start alone
ais_acts() {
  local scheme wrong=''
  ais_trust "$4" "$5"
  scheme=$(ais_scheme "$2")
  if [[ $scheme == https ]]; then wrong=$(ais_all_differ "$3" "$6" "$7"); fi
  jq -n --arg scheme "$scheme" --arg wrong "$wrong" \
    '{scheme: $scheme, acts: ($scheme == "https" and $wrong == ""), seen: $wrong}' | answer_json
}

# ais_leave_level ... PORTS VALUES: takes the cluster down so that it starts with other settings; where it
# takes none any more, the kept .ais.conf of all nodes are put back
ais_leave_level() {
  local query told=yes
  query=$(jq -r 'to_entries | map("net.http.\(.key)=\(.value | tostring | @uri)") | join("&")' <<<"$7")
  ais_set "${@:1:5}" "$query" || told=no
  if [[ $(ais_scheme "$2") != down ]]; then ais_shutdown "${@:1:6}" || return; fi
  if [[ $told == no ]]; then ais_restore "$3"; fi
}

# ais_prove_clients ... PORTS LEVEL SECONDS
ais_prove_clients() { try_for "$8" once_ais_clients "$@"; }
once_ais_clients() {
  local wrong
  ais_trust "$4" "$5"
  wrong=$(ais_all_differ "$3" "$6" "$7")
  if [[ -n $wrong ]]; then say "  tls.client-auth: ${wrong//$'\n'/; }"; return 2; fi
  say "  pass: tls.client-auth as level $7 says"
}
