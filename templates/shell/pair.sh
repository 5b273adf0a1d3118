# make_pair NAMES KEYTYPE DAYS AUTHORITY ROOT USES: CERT and KEY, or a new pair by openssl
make_pair() {
  if [[ -n $CERT ]]; then take_pair "$1" "$5"; return; fi
  local names=$1 san='' permitted='' each algorithm=()
  for each in ${names//,/ }; do
    if [[ $each =~ ^[0-9.]+$ || $each == *:* ]]; then
      san+=",IP:$each" permitted+=",permitted;IP:$each/$(mask_of "$each")"
    else
      san+=",DNS:$each" permitted+=",permitted;DNS:${each#\*.}"
    fi
  done
  case $2 in
    ecdsa-p256) algorithm=(ec -pkeyopt ec_paramgen_curve:P-256) ;;
    ecdsa-p384) algorithm=(ec -pkeyopt ec_paramgen_curve:P-384) ;;
    rsa-*) algorithm=("rsa:${2#rsa-}") ;;
    ed25519) algorithm=(ed25519) ;;
  esac
  local ca=("${algorithm[@]}")
  if [[ $2 == ed25519 ]]; then ca=(ec -pkeyopt ec_paramgen_curve:P-256); fi
  local leaf=(-addext "subjectAltName=${san#,}" -addext 'basicConstraints=critical,CA:FALSE'
    -addext 'keyUsage=critical,digitalSignature' -addext "extendedKeyUsage=$6")
  if [[ $4 == none ]]; then
    openssl req -x509 -newkey "${algorithm[@]}" -nodes -subj "/CN=${names%%,*}" -days "$3" "${leaf[@]}" \
      -keyout "$NEW/key.pem" -out "$NEW/chain.pem" 2>/dev/null && cp "$NEW/chain.pem" "$NEW/roots.pem"
    return
  fi
  openssl req -x509 -newkey "${ca[@]}" -nodes -subj '/CN=secure-endpoint CA' -days 3650 \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign \
    -addext "nameConstraints=critical${permitted}" \
    -keyout "$NEW/ca-key.pem" -out "$NEW/roots.pem" 2>/dev/null &&
    openssl req -new -newkey "${algorithm[@]}" -nodes -subj "/CN=${names%%,*}" "${leaf[@]}" \
      -keyout "$NEW/key.pem" -out "$NEW/leaf.csr" 2>/dev/null &&
    openssl x509 -req -in "$NEW/leaf.csr" -CA "$NEW/roots.pem" -CAkey "$NEW/ca-key.pem" -CAcreateserial \
      -days "$3" -copy_extensions copyall -out "$NEW/chain.pem" 2>/dev/null &&
    if [[ $5 == needed ]]; then cat "$NEW/roots.pem" >>"$NEW/chain.pem"; fi
}

mask_of() { # IP
  if [[ $1 == *:* ]]; then echo ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff; else echo 255.255.255.255; fi
}

# take_pair NAMES ROOT: CERT and KEY, if they belong together, are valid and cover the names; ROOTS ends
# the chain where it is needed
take_pair() {
  local key=${KEY:-$CERT} each kind
  openssl x509 -in "$CERT" -noout -checkend 0 >/dev/null || { say '  the certificate has expired'; return 1; }
  [[ $(openssl x509 -in "$CERT" -noout -pubkey) == $(openssl pkey -in "$key" -pubout) ]] ||
    { say '  the key does not belong to this certificate'; return 1; }
  for each in ${1//,/ }; do
    kind=-checkhost
    if [[ $each =~ ^[0-9.]+$ || $each == *:* ]]; then kind=-checkip; fi
    openssl x509 -in "$CERT" -noout "$kind" "${each/#\*./any.}" | grep -q 'does match' ||
      { say "  no name in the certificate covers $each"; return 1; }
  done
  cp "$CERT" "$NEW/chain.pem" && openssl pkey -in "$key" -out "$NEW/key.pem" &&
    if [[ -n $ROOTS ]]; then
      cp "$ROOTS" "$NEW/roots.pem" &&
        if [[ $2 == needed && $(last_of "$CERT" | fingerprint) != "$(fingerprint -in "$ROOTS")" ]]; then
          cat "$ROOTS" >>"$NEW/chain.pem"
        fi
    fi
}

# last_of FILE: the last certificate of a chain
last_of() { awk '/BEGIN/ {pem = ""} {pem = pem $0 "\n"} END {printf "%s", pem}' "$1"; }

# pair_kept: whether the folder holds the pair that goes in
pair_kept() {
  local held=''
  if [[ -e $NEW/key.pem && -e $NEW/chain.pem ]]; then held=$(wanted_leaf); fi
  if [[ -n $CERT && $held != "$(fingerprint -in "$CERT")" ]]; then held=''; fi
  jq -n --arg leaf "$held" '{kept: ($leaf != ""), fingerprint: $leaf}' | answer_json
}
