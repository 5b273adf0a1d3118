# sky_service NAME: the service's state as the answer. "No live services." is also what sky says without
# internet, so it never counts as gone.
sky_service() {
  local words line state=UNKNOWN url='' ours=false address='' host=''
  words=$(sky serve status "$1" </dev/null 2>/dev/null | sed 's/\x1b\[[0-9;]*m//g')
  line=$(awk -v name="$1" '$1 == name {print; exit}' <<<"$words")
  if [[ -n $line ]]; then
    state=$(grep -Eo 'CONTROLLER_INIT|REPLICA_INIT|CONTROLLER_FAILED|FAILED_CLEANUP|FAILED|READY|SHUTTING_DOWN|NO_REPLICA' <<<"$line" | head -1)
    url=$(grep -Eo 'https?://[^[:space:]/]+' <<<"$line" | grep -v '//None' | tail -1)
  elif grep -q '^No existing services' <<<"$words"; then
    state=ABSENT
  fi
  if [[ -n $url ]]; then
    address=${url#*://} host=${address%:*}
    [[ $url == https:* && -e $NEW/chain.pem && $(served_leaf "$address" "$host") == "$(wanted_leaf)" ]] && ours=true
  fi
  jq -n --arg state "$state" --arg url "$url" --argjson ours "$ours" --arg address "$address" --arg host "$host" '
    {state: $state, ours: $ours, url: ($url | if . == "" then null else . end),
     tls: (if $url == "" then null else ($url | startswith("https:")) end),
     address: ($address | if . == "" then null else . end), host: $host,
     port: ($address | split(":") | last), keyfile: null, underWay: null, seen: $state}' | answer_json
}

# keep_service_yaml FILE: what an undo starts again
keep_service_yaml() { cp "$1" "$FOUND/service.yaml"; }
