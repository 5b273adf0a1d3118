#!/usr/bin/env bash
# aistore-nodes.sh FOLDER PORT start|stop|restart [p1|t1|t2]: one proxy and two targets of a test's own, with the
# lab's aisnode. As a user's command would, it makes ais.json at the first start, of the lab's one and of the
# section that the variable names; with what is there it starts what does not run.
set -euo pipefail
folder=$1 port=$2 verb=$3
nodes=(p1 t1 t2)
if [[ $# -gt 3 ]]; then nodes=("$4"); fi
# where mountpaths take extended attributes
# shellcheck source=/dev/null
. "$AIS_LAB_STATE/settings"
mountpaths=$SAVED_MP/$(basename "$folder")

pid_of() {
  local pid
  pid=$(cat "$folder/$1/pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "-local_config=$folder/$1/" && echo "$pid"
}

stop() {
  local pid
  pid=$(pid_of "$1") || return 0
  kill "$pid"
  while pid_of "$1" >/dev/null; do sleep 0.1; done
}

start() {
  local id=newtarget$1 index=${1#t} count=2 role=(-role=target)
  if [[ $1 == p1 ]]; then id=newproxy1 index=0 count=0 role=(-role=proxy -ntargets=2); fi
  pid_of "$1" >/dev/null && return
  mkdir -p "$folder/$1/log" "$mountpaths"
  jq -n --arg d "$folder/$1" --arg mp "$mountpaths" --argjson count "$count" --argjson i "$index" \
    --arg p $((port + index)) --arg c $((port + 1000 + index)) --arg x $((port + 2000 + index)) '{
      confdir: $d, log_dir: ($d + "/log"),
      host_net: {hostname: "127.0.0.1", hostname_intra_control: "127.0.0.1", hostname_intra_data: "127.0.0.1",
                 port: $p, port_intra_control: $c, port_intra_data: $x},
      fspaths: {}, test_fspaths: {root: $mp, count: $count, instance: $i}}' >"$folder/$1/ais_local.json"
  (
    cd "$folder/$1"
    setsid "$AIS_LAB_CACHE/bin/aisnode-$AIS_LAB_VERSION" -config="$folder/ais.json" \
      -local_config="$folder/$1/ais_local.json" -daemon_id="$id" "${role[@]}" </dev/null >>console.log 2>&1 &
    echo $! >pid
  )
  until pid_of "$1" >/dev/null; do sleep 0.1; done
}

mkdir -p "$folder"
if [[ ! -e $folder/ais.json && $verb != stop ]]; then
  jq -s --arg url "http://127.0.0.1:$port" '(.[0] | .proxy.primary_url = $url | .proxy.original_url = $url) * (.[1] // {})' \
    "$AIS_LAB_STATE/ais.json" "${SECURE_ENDPOINT_AIS_JSON:-/dev/null}" >"$folder/ais.json.new"
  mv "$folder/ais.json.new" "$folder/ais.json"
fi
if [[ $verb != start ]]; then for each in "${nodes[@]}"; do stop "$each"; done; fi
if [[ $verb == stop ]]; then exit; fi
# after `ais cluster shutdown` the nodes take seconds to end
if [[ $verb == start ]]; then
  for _ in {1..100}; do
    running=''
    for each in "${nodes[@]}"; do running+=$(pid_of "$each" || true); done
    [[ -n $running ]] || break
    sleep 0.1
  done
fi
for each in "${nodes[@]}"; do start "$each"; done
