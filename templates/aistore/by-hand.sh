# "..." stands for HOSTS SAID CHAIN KEY ROOTS CERTFILE KEYFILE CAFILE: hosts, a line each; the file that has the
# line of each host's check, by default placed.txt in $WORK.

# ais_by_hand_missing ...: the hosts of which no such line says that all is right, a line each; none counts that
# stands before "secure-endpoint-begun HOST"
ais_by_hand_missing() {
  local host said=${2:-$WORK/placed.txt} cert key roots='[^ ]+'
  cert=$(openssl dgst -sha256 -r "$3" | cut -c 1-64)
  key=$(openssl pkey -pubout -outform DER <"$4" | openssl dgst -sha256 -r | cut -c 1-64)
  if [[ -n $5 ]]; then roots=$(openssl dgst -sha256 -r "$5" | cut -c 1-64); fi
  while IFS= read -r host; do
    { tr -d '\r' 2>/dev/null <"$said" || true; } |
      awk -v host="$host" '$2 == host {
        if ($1 == "secure-endpoint-check") line = $0
        if ($1 == "secure-endpoint-begun") line = ""
      } END {print line}' |
      grep -Eq " cert=$cert key=$key roots=$roots mode=[0-7]?[0-7]00 as=(reader|owner)\$" || echo "$host"
  done <<<"$1"
}

# ais_placed_by_hand ...
ais_placed_by_hand() {
  local placed=false
  if [[ -z $(ais_by_hand_missing "$@") ]]; then placed=true; fi
  jq -n --argjson placed "$placed" '{placed: $placed}' | answer_json
}

# ais_place_by_hand ...: asks until the check on each host has said that all is right
ais_place_by_hand() {
  local host missing said=${2:-$WORK/placed.txt}
  ais_check_program >"$WORK/check-files.sh"
  while missing=$(ais_by_hand_missing "$@"); [[ -n $missing ]]; do
    while IFS= read -r host; do
      printf 'secure-endpoint-begun %s\n' "$host" >>"$said"
      say "  onto $host, for the user of aisnode: $4 as $7, mode 0600; ${5:+$5 as $8; }$3 as $6" \
        "  then there, as that user, who owns the key where no aisnode runs: sh check-files.sh $(printf '%q ' "$host" "$6" "$7" ${5:+"$8"})"
    done <<<"$missing"
    say "  check-files.sh is $WORK/check-files.sh; the lines that it says go into $said"
    ask 'Are they there?' || return 75
  done
}
