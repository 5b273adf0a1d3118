# "..." stands for UUID PRIMARY NODES ROOTS ROOTS: the primary's address, a line for each node (id, public,
# control and data address), files of roots, of which those that are there count. TOKEN= names the file of
# an AuthN token (also as ais auth login writes it), CLIENT_CERT= and CLIENT_KEY= what a cluster asks clients for.

# ais_trust ROOTS ROOTS: the file that all questions are asked with
ais_trust() {
  local each
  for each in "$@"; do
    if [[ -n $each && -e $each ]]; then cat "$each"; fi
  done >"$RUN/ais-roots"
}

# ais_scheme ADDRESS: http, https or down; never asked with a token
ais_scheme() {
  local said
  said=$(curl -q -sS --noproxy '*' --max-time 4 "http://$1/v1/health" 2>/dev/null) || { echo down; return; }
  if [[ $said == *'HTTP request to an HTTPS server'* ]]; then echo https; else echo http; fi
}

# ais_ask ADDRESS PATH CURL...: body and, as the last line, status; in the scheme that the node speaks
ais_ask() {
  local scheme more=()
  scheme=$(ais_scheme "$1")
  [[ $scheme != down ]] || { echo 000; return 1; }
  if [[ $scheme == https && -s $RUN/ais-roots ]]; then more+=(--cacert "$RUN/ais-roots"); fi
  if [[ -n ${CLIENT_CERT:-} ]]; then more+=(--cert "$CLIENT_CERT" --key "${CLIENT_KEY:-}"); fi
  if [[ -n ${TOKEN:-} ]]; then
    printf 'Authorization: Bearer %s\n' "$(jq -re .token "$TOKEN" 2>/dev/null || head -1 "$TOKEN")" >"$RUN/ais-token"
    more+=(--header "@$RUN/ais-token")
  fi
  curl -q -g -sS --noproxy '*' --max-time 30 "${more[@]}" "${@:3}" -w '\n%{http_code}' "$scheme://$1$2" 2>/dev/null
}

# ais_json ADDRESS PATH: the body, or {}
ais_json() {
  local said
  said=$(ais_ask "$@") || true
  if [[ ${said##*$'\n'} == 200 ]]; then jq -c . <<<"${said%$'\n'*}" 2>/dev/null || echo '{}'; else echo '{}'; fi
}

# ais_put ADDRESS PATH CURL...: again for two minutes while it says that it is not ready
ais_put() {
  local said status end=$((SECONDS + 120))
  while :; do
    said=$(ais_ask "$1" "$2" -X PUT "${@:3}") || true
    status=${said##*$'\n'}
    if [[ $status != 503 ]] || ((SECONDS >= end)); then break; fi
    sleep 1
  done
  [[ $status == 200 ]] && return
  say "  ${said%$'\n'*}"
  case $status in 401 | 403) return 77 ;; 000) return 69 ;; *) return 1 ;; esac
}

# ais_listeners NODES PORTS: the addresses of all nodes, each once
ais_listeners() {
  awk -v which="$2" '{if (which != "inside") print $2; if (which != "public") {print $3; print $4}}' <<<"$1" |
    awk '!seen[$0]++'
}

# ais_wrong UUID PRIMARY NODES SCHEME: what keeps the cluster from being well, a line each
ais_wrong() {
  local id public control data scheme map
  while read -r id public control data; do
    scheme=$(ais_scheme "$public")
    if [[ $scheme != "$4" ]]; then echo "$id: $scheme"; continue; fi
    # health says 200 seconds before node and cluster have started
    jq -e '.cluster.flags // 0 | (. / 2 | floor) % 4 == 3' >/dev/null \
      <<<"$(ais_json "$public" '/v1/daemon?what=node_status')" || echo "$id: has not started"
    [[ $(ais_json "$public" '/v1/daemon?what=config' | jq -r '.uuid // ""') == "$1" ]] ||
      echo "$id: settings of another cluster"
  done <<<"$3"
  map=$(ais_json "$2" '/v1/daemon?what=smap')
  jq -e --arg uuid "$1" --arg scheme "$4://" --argjson count "$(wc -l <<<"$3")" '
    .uuid == $uuid and (.pmap + .tmap | length) == $count and
    ([.pmap[], .tmap[] | .public_net, .intra_control_net, .intra_data_net | .direct_url | startswith($scheme)] | all)
  ' >/dev/null 2>&1 <<<"$map" || echo "the map is not of $1 with $4:// alone"
}

# ais_look ... JQ: scheme, uuid and settings; JQ tells whether net.http is as wanted
ais_look() {
  local id public control data schemes well='' plain=''
  ais_trust "$4" "$5"
  schemes=$(while read -r id public control data; do ais_scheme "$public"; done <<<"$3" | sort -u)
  if [[ $schemes == *$'\n'* ]]; then schemes=mixed; fi
  if [[ $schemes == https ]]; then well=$(ais_wrong "${@:1:3}" https); fi
  if [[ $schemes == http ]]; then plain=$(ais_wrong "${@:1:3}" http); fi
  jq -n --arg scheme "$schemes" --arg well "$well" --arg plain "$plain" \
    --argjson map "$(ais_json "$2" '/v1/daemon?what=smap')" \
    --argjson set "$(ais_json "$2" '/v1/cluster?what=cluster_config')" '
    ($set.net.http // null) as $http |
    {scheme: $scheme, uuid: ($map.uuid // ""), useHttps: (if $http then $http.use_https else null end),
     settings: (if $http then ($http | '"$6"') else null end),
     well: ($scheme == "https" and $well == ""), wellPlain: ($scheme == "http" and $plain == ""),
     seen: $scheme}' | answer_json
}

# ais_set ... QUERY: sets some of net.http for the whole cluster in one call
ais_set() {
  ais_trust "$4" "$5"
  ais_put "$2" "/v1/cluster/set-config?$6"
}

# ais_open ADDRESS: whether anything listens there: 7 is refused, 28 is no answer
ais_open() {
  local rc=0
  curl -q -sS --noproxy '*' --connect-timeout 1 --max-time 3 -o /dev/null "http://$1/v1/health" 2>/dev/null || rc=$?
  ((rc != 7 && rc != 28))
}

# ais_shutdown ... PORTS: and waits until no port is open; no cluster map is deleted
ais_shutdown() {
  local address open end=$((SECONDS + 60))
  ais_trust "$4" "$5"
  ais_ask "$2" /v1/cluster -X PUT -H 'content-type: application/json' -d '{"action":"shutdown"}' >/dev/null || true
  while :; do
    open=$(ais_listeners "$3" "$6" | while read -r address; do
      if ais_open "$address"; then echo "$address"; fi
    done)
    [[ -n $open ]] || return 0
    if ((SECONDS >= end)); then say "  still open: ${open//$'\n'/, }"; return 1; fi
    sleep 0.2
  done
}

# ais_leave ... PORTS USE_HTTPS: takes it down to start in the other scheme; where not every node can be
# told, the kept .ais.conf of all of them are put back
ais_leave() {
  local scheme=http
  if [[ $7 == true ]]; then scheme=https; fi
  ais_look "${@:1:5}" true
  if ! holds '.json.useHttps == null'; then ais_set "${@:1:5}" "net.http.use_https=$7" || return; fi
  if holds ".json.scheme == \"$scheme\""; then return 0; fi
  if ! holds '.json.scheme == "down"'; then ais_shutdown "${@:1:6}" || return; fi
  if [[ $scheme == http ]] && holds '.json.scheme == "down" or .json.scheme == "mixed"'; then ais_restore "$3"; fi
}

# ais_back_up ...: .ais.conf and .ais.smap of each node whose folder is on this machine
ais_back_up() {
  local id public control data folder
  ais_trust "$4" "$5"
  while read -r id public control data; do
    folder=$(ais_json "$public" '/v1/daemon?what=config' | jq -r '.confdir // ""')
    if [[ -n $folder && -r $folder/.ais.conf ]]; then
      mkdir -p "$FOUND/nodes/$id" && cp -p "$folder"/.ais.* "$FOUND/nodes/$id/" || return 1
      printf '%s' "$folder" >"$FOUND/nodes/$id/confdir"
    else
      say "  $id is not on this machine; there: cp -p $folder/.ais.conf $folder/.ais.smap /a/safe/folder/"
    fi
  done <<<"$3"
}

# ais_restore NODES: where all of them are kept
ais_restore() {
  local id public control data
  while read -r id public control data; do [[ -e $FOUND/nodes/$id/confdir ]] || return 0; done <<<"$1"
  while read -r id public control data; do
    cp -p "$FOUND/nodes/$id/.ais.conf" "$(<"$FOUND/nodes/$id/confdir")/.ais.conf" || return 1
  done <<<"$1"
}

# ais_ready ... SCHEME PORTS SECONDS: until every node says of itself that it is back
ais_ready() {
  local wrong end=$((SECONDS + $8))
  ais_trust "$4" "$5"
  while :; do
    wrong=$(ais_wrong "${@:1:3}" "$6")
    [[ -n $wrong ]] || return 0
    if ((SECONDS >= end)); then say "  ${wrong//$'\n'/; }"; return 124; fi
    sleep 1
  done
}

# ais_files CHAIN KEY ROOTS CERTFILE KEYFILE CAFILE: mode, from and to, in the order of writing
ais_files() {
  printf '%s\n' 600 "$2" "$5"
  if [[ -n $3 ]]; then printf '%s\n' 644 "$3" "$6"; fi
  printf '%s\n' 644 "$1" "$4"
}

# ais_placed CHAIN KEY ROOTS CERTFILE KEYFILE CAFILE
ais_placed() {
  local mode from to placed=true
  while read -r mode && read -r from && read -r to; do
    cmp -s "$from" "$to" || placed=false
  done < <(ais_files "$@")
  jq -n --argjson placed "$placed" '{placed: $placed}' | answer_json
}

# ais_place CHAIN KEY ROOTS CERTFILE KEYFILE CAFILE: the key first, the certificate last, by a rename
ais_place() {
  local mode from to
  while read -r mode && read -r from && read -r to; do
    mkdir -p "$(dirname "$to")" && cp "$from" "$to.new" && chmod "$mode" "$to.new" && mv "$to.new" "$to" || return 73
  done < <(ais_files "$@")
}

# ais_roots ROOTS CAFILE PLACE: nodes read their roots at their start alone
ais_roots() {
  [[ $3 != here || ! -e $1 ]] && return 0
  [[ $(fingerprint -in "$1") == "$(fingerprint -in "$2")" ]] && return 0
  say '  the new certificate is signed by a root that the nodes do not trust'
  return 65
}

# ais_stale NODES PORTS LEAF: the ids of the nodes that do not serve the leaf everywhere
ais_stale() {
  local id public control data address
  while read -r id public control data; do
    for address in $(ais_listeners "$id $public $control $data" "$2"); do
      if [[ $(served_leaf "$address" localhost) != "$3" ]]; then echo "$id"; break; fi
    done
  done <<<"$1"
}

# ais_served ... PORTS CHAIN: whether each listener serves the leaf of a file
ais_served() {
  local id public control data up=''
  while read -r id public control data; do
    if [[ $(ais_scheme "$public") != down ]]; then up+=" $id"; fi
  done <<<"$3"
  jq -n --arg up "$up" --arg stale "$(ais_stale "$3" "$6" "$(fingerprint -in "$7")")" \
    '{served: ($stale == ""), down: ($up == ""), seen: $stale}' | answer_json
}

# ais_load ... PORTS CHAIN: all nodes, then each that stays stale alone: "Done: all nodes." can hide one
ais_load() {
  local leaf stale each again
  ais_trust "$4" "$5"
  leaf=$(fingerprint -in "$7")
  ais_put "$2" /v1/cluster/load-x509 || true
  for again in 1 2 3 last; do
    stale=$(ais_stale "$3" "$6" "$leaf")
    [[ -n $stale ]] || return 0
    if [[ $again == last ]]; then break; fi
    for each in $stale; do ais_put "$2" "/v1/cluster/load-x509/$each" || true; done
    sleep 1
  done
  say "  still old: ${stale//$'\n'/, }"
  return 1
}

# ais_new GATEWAY PROXIES TARGETS ROOTS ROOTS: what has joined: uuid, lines and more, or what is missing
ais_new() {
  local map lines uuid wrong
  ais_trust "$4" "$5"
  if [[ $(ais_scheme "$1") == http ]]; then echo '{"wrong": "it speaks HTTP", "plain": true}'; return; fi
  map=$(ais_json "$1" '/v1/daemon?what=smap')
  lines=$(jq -r '[(.pmap // {})[]], [(.tmap // {})[]] | sort_by(.daemon_id)[] |
    [.daemon_id] + [(.public_net, .intra_control_net, .intra_data_net).direct_url | sub("^https?://"; "")] |
    join(" ")' <<<"$map" 2>/dev/null)
  uuid=$(jq -r '.uuid // ""' <<<"$map")
  if [[ -z $lines ]]; then wrong="nothing has joined at $1"; else
    wrong=$(ais_wrong "$uuid" "$1" "$lines" https)
    if [[ $(jq -r '[(.pmap, .tmap) | length] | join(" ")' <<<"$map") != "$2 $3" ]]; then
      wrong+=$'\n'"other numbers than $2 and $3 have joined"
    fi
  fi
  jq -n --arg uuid "$uuid" --arg lines "$lines" --arg wrong "$wrong" --argjson map "$map" '
    ($lines | split("\n") | map(split(" ") | {id: .[0], public: .[1], control: .[2], data: .[3]})) as $nodes |
    {uuid: $uuid, primary: ($map.proxy_si.daemon_id // ""), lines: $lines, wrong: $wrong,
     nodes: ($nodes | tojson), addresses: [$nodes[].public], seen: $uuid,
     gateway: ($map.proxy_si.public_net.direct_url // "" | sub("^https?://"; ""))} |
    .host = (.gateway | sub(":[0-9]+$"; "") | ltrimstr("[") | rtrimstr("]"))'
}

# ais_lines NODES: the nodes of a new cluster, from JSON, a line each
ais_lines() { jq -r '.[] | "\(.id) \(.public) \(.control) \(.data)"' <<<"$1"; }

# ais_address NODES ID: the public address of one
ais_address() { jq -r --arg id "$2" '[.[] | select(.id == $id).public][0] // .[0].public' <<<"$1"; }

# ais_join GATEWAY PROXIES TARGETS ROOTS ROOTS SECONDS: until a new cluster is whole
ais_join() {
  local seen wrong end=$((SECONDS + $6))
  while :; do
    seen=$(ais_new "${@:1:5}")
    answer_json <<<"$seen"
    wrong=$(jq -r .wrong <<<"$seen")
    [[ -n $wrong ]] || return 0
    if [[ $(jq -r .plain <<<"$seen") == true ]]; then say "  $1: $wrong: stop the nodes, remove .ais.conf, see to ais.json"; return 1; fi
    if ((SECONDS >= end)); then say "  ${wrong//$'\n'/; }"; return 124; fi
    sleep 1
  done
}

# ais_leave_new GATEWAY PROXIES TARGETS ROOTS ROOTS PORTS: takes down what was started
ais_leave_new() {
  local seen
  seen=$(ais_new "${@:1:5}")
  [[ -n $(jq -r '.lines // ""' <<<"$seen") ]] || return 0
  ais_shutdown "$(jq -r .uuid <<<"$seen")" "$1" "$(jq -r .lines <<<"$seen")" "$4" "$5" "$6"
}

# ais_prove ... PORTS NAME PATH STATUSES LEAF ROOTS SECONDS: LEAF (by default of $NEW) on every listener
ais_prove() { try_for "${12}" once_ais_served "$@"; }
once_ais_served() {
  local address leaf=${10} status wrong count=0
  ais_trust "$4" "$5"
  leaf=${leaf:-$(wanted_leaf)}
  while read -r address; do
    if [[ $(served_leaf "$address" "$7") != "$leaf" ]]; then say "  tls.leaf: $address does not serve ${leaf:0:11}"; return 2; fi
    count=$((count + 1))
  done < <(ais_listeners "$3" "$6")
  while read -r address; do
    status=$(curl_at "$address" "$7" "https://$7:${address##*:}$8" "${11}")
    if ! is_one_of "$status" "$9"; then
      say "  http.answers: $address GET $8 $status, wanted $9"
      if needs_time "$status"; then return 1; fi
      return 2
    fi
  done < <([[ $6 == inside ]] || ais_listeners "$3" public)
  wrong=$(ais_wrong "${@:1:3}" https)
  if [[ -n $wrong ]]; then say "  aistore.node-state: ${wrong//$'\n'/; }"; return 1; fi
  say "  pass: tls.leaf ${leaf:0:11} is served at $count addresses" '  pass: aistore.node-state'
}

# ais_prove_plain ... PORTS NAME PATH STATUSES LEAF ROOTS SECONDS: HTTP answers, TLS does not
ais_prove_plain() { try_for "${12}" once_ais_plain "$@"; }
once_ais_plain() {
  local address status wrong
  while read -r address; do
    status=$(curl_at "$address" "$7" "http://$7:${address##*:}$8" '')
    if ! is_one_of "$status" "$9"; then say "  http.answers: $address GET $8 $status, wanted $9"; return 1; fi
  done < <(ais_listeners "$3" public)
  while read -r address; do
    if [[ -n $(served_leaf "$address" "$7") ]]; then say "  TLS is still spoken at $address"; return 2; fi
  done < <(ais_listeners "$3" "$6")
  wrong=$(ais_wrong "${@:1:3}" http)
  if [[ -n $wrong ]]; then say "  aistore.node-state: ${wrong//$'\n'/; }"; return 1; fi
  say '  pass: http.answers on every node; no TLS'
}

# ais_offline: a node's own files have a format and a checksum that no tool here can write
ais_offline() {
  say '  This step needs secure-endpoint itself: secure-endpoint disable NAME --offline'
  return 69
}
