# sky_service NAME SERVER ADDRESS: the service's state as the answer: as SkyPilot's API has it, or as sky
# says it where the API wants a login. ADDRESS stands in for the host that sky names.
sky_service() {
  local under record address host ours=false
  # first: where nothing is under way, what is read of the service afterwards is settled
  under=$(sky_under_way "$1" "$2")
  record=$(sky_record "$1" "$2") || record=$(sky_words "$1")
  jq -n --argjson record "$record" --arg instead "$3" --arg under "$under" '
    ($record.url // "" | select(test("^https?://[^\\s/]+") and (test("^https?://none([:/]|$)"; "i") | not))) as $url |
    ($url | capture("^(?<scheme>https?)://(?<host>\\[[^]]*\\]|[^:/]*)(:(?<port>[0-9]+))?")) as $at |
    ($at.port // (if $at.scheme == "https" then "443" else "80" end)) as $port |
    (if $instead == "" then $at.host | ltrimstr("[") | rtrimstr("]") else $instead end) as $host |
    (if $host | contains(":") then "[\($host)]:\($port)" else "\($host):\($port)" end) as $address |
    {url: $url, host: $host, port: $port, address: $address}' >"$RUN/where"
  [[ -s $RUN/where ]] || echo '{"url": null, "host": null, "port": null, "address": null}' >"$RUN/where"
  address=$(jq -r '.address // ""' "$RUN/where") host=$(jq -r '.host // ""' "$RUN/where")
  if [[ $(jq -r '.keyfile // ""' <<<"$record") == "$NEW/key.pem" ]]; then
    ours=true
  elif [[ -n $address && -e $NEW/chain.pem && $(served_leaf "$address" "$host") == "$(wanted_leaf)" ]]; then
    ours=true
  fi
  jq --argjson record "$record" --argjson ours "$ours" --arg under "$under" '
    {state: "UNKNOWN", tls: null, keyfile: null} + $record + . + {
      ours: $ours,
      underWay: (if $under != "" then $under
        elif .url == null and ($record.state | endswith("_INIT")) then "its start" else null end)}' "$RUN/where" |
    answer_json
}

# sky_api SERVER PATH MORE...
sky_api() { curl -q -g -sS --noproxy '*' --max-time 120 "${@:3}" "$1$2" 2>/dev/null; }

# sky_under_way NAME SERVER: an `up` or `down` of the service that the API server is at
sky_under_way() {
  sky_api "$2" /api/status | jq -r --arg name "$1" '
    [.[]? | select(.name | test("serve\\.(up|down)$")) |
      select(.request_body | fromjson | [.service_name, .service_names] | flatten | index($name)) | .name] |
    first // "" | sub("sky\\."; "sky ") | sub("\\."; " ")' 2>/dev/null
}

# sky_record NAME SERVER: state, tls, url and keyfile; fails where the API does not take the question
sky_record() {
  local id
  id=$(sky_api "$2" /serve/status -D - -o /dev/null -H 'content-type: application/json' \
    -d "$(jq -n --arg name "$1" '{service_names: [$name]}')" |
    sed -n 's/^x-skypilot-request-id: *//Ip' | tr -d '\r')
  [[ -n $id ]] || return 1
  sky_api "$2" "/api/get?request_id=$id" | jq -n --arg name "$1" '
    # the path in the YAML that it runs with, as a YAML scalar of one line
    def keyfile: [capture("(^|\n)service:\n(  .*\n)*?  tls:\n(    .*\n)*?    keyfile: (?<path>[^\n]+)").path] | first // null |
      if . == null then null elif startswith("\"") then (fromjson? // null)
      elif startswith("\u0027") then .[1:-1] | gsub("\u0027\u0027"; "\u0027") else . end;
    (try input catch null) as $said |
    if ($said | type) == "object" and ($said.return_value | type) == "string" then
      ($said.return_value | fromjson | map(select(.name == $name)) | first) as $found |
      if $found == null then {state: "ABSENT"}
      else {state: $found.status, tls: $found.tls_encrypted, url: $found.endpoint,
        keyfile: ($found.yaml_content // "" | keyfile)} end
    elif ($said.detail.error? // "" | fromjson? | .type // "" | endswith("ClusterNotUpError")) then {state: "ABSENT"}
    else {state: "UNKNOWN"} end'
}

# sky_words NAME: the same from the words of sky. "No live services." is also what it says without internet,
# so that it never counts as gone.
sky_words() {
  local words line state=UNKNOWN url=''
  words=$(sky serve status "$1" </dev/null 2>/dev/null | plain)
  line=$(awk -v name="$1" '$1 == name {print; exit}' <<<"$words")
  if [[ -n $line ]]; then
    state=$(grep -Eo 'CONTROLLER_INIT|REPLICA_INIT|CONTROLLER_FAILED|FAILED_CLEANUP|FAILED|READY|SHUTTING_DOWN|NO_REPLICA' <<<"$line" | head -1)
    url=$(grep -Eo 'https?://[^[:space:]]+' <<<"$line" | tail -1)
  elif grep -q '^No existing services' <<<"$words" || grep -Eq '^NAME +VERSION ' <<<"$words"; then
    state=ABSENT
  fi
  jq -n --arg state "${state:-UNKNOWN}" --arg url "$url" '
    {state: $state, url: (if $url == "" then null else $url end),
     tls: (if $url == "" then null else ($url | startswith("https:")) end)}'
}

# keep_service_yaml FILE: what an undo starts again
keep_service_yaml() { cp "$1" "$FOUND/service.yaml"; }
