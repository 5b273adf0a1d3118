# ais_clocks ... CHAIN: the certificates are valid by the clock of every node, which its Date header shows
ais_clocks() {
  local id public control data date there scheme more
  ais_trust "$4" "$5"
  while read -r id public control data; do
    scheme=$(ais_scheme "$public")
    [[ $scheme != down ]] || continue
    more=()
    if [[ $scheme == https && -s $RUN/ais-roots ]]; then more+=(--cacert "$RUN/ais-roots"); fi
    if [[ -n ${CLIENT_CERT:-} ]]; then more+=(--cert "$CLIENT_CERT" --key "${CLIENT_KEY:-}"); fi
    date=$(curl -q -sS --noproxy '*' --max-time 10 "${more[@]}" -o /dev/null -D - "$scheme://$public/v1/health" 2>/dev/null |
      tr -d '\r' | sed -n 's/^[Dd]ate: //p')
    there=$(date -d "$date" +%s 2>/dev/null) || continue
    [[ -n $date ]] || continue
    # openssl judges at any time that is named
    if ! openssl verify -partial_chain -attime "$there" -trusted "$6" "$6" >/dev/null 2>&1; then
      say "  by the clock of $id ($date) the certificate is not valid; set it: chronyc makestep"
      return 65
    fi
  done <<<"$3"
}
