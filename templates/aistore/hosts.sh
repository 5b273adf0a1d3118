# "..." stands for HOSTS SUDO KEPT: destinations of ssh, a line each; true for sudo; what the name of a kept copy ends in.

# one_word VALUE: as a POSIX shell reads it
one_word() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

# on_hosts ... CALLS FILES: does it on each host; FILES are lines of NAME, MODE, PATH and FROM, whose content goes
# in on stdin where CALLS has put. What the hosts say stands in $RUN/hosts.
on_hosts() {
  local host args='' name mode path from program remote contents=() size sum tag rc=0
  while IFS= read -r name && IFS= read -r mode && IFS= read -r path && IFS= read -r from; do
    size=0 sum=-
    if [[ -s $from ]]; then
      size=$(wc -c <"$from") sum=$(openssl dgst -sha256 -r "$from" | cut -c 1-64)
      if [[ " $4 " == *' put '* ]]; then contents+=("$from"); fi
    fi
    args+=" $name $mode $(one_word "$path") $((size)) $sum"
  done <<<"$5"
  : >"$RUN/hosts"
  while IFS= read -r host; do
    tag=se-$(printf '%s' "$host" | openssl dgst -sha256 -r | cut -c 1-8)
    program="$(on_host_program)"$'\n{\n'"tag=$tag"$'\n'"kept=$(one_word "$3")"
    program+=$'\n'"files() { each \"\$1\"$args; }"
    if [[ " $4" == *' put'* ]]; then program+=$'\ntrap "files drop" EXIT\ntrap "exit 3" HUP INT TERM'; fi
    for name in $4; do program+=$'\n'"files $name"; done
    program+=$'\ntrap - EXIT\nsay end\n}'
    remote="sh -c 'eval \"\$(dd bs=1 count=$(printf '%s' "$program" | wc -c | tr -d ' ') 2>/dev/null)\"'"
    if [[ $2 == true ]]; then remote="echo se: here; env LC_ALL=C sudo -n $remote"; fi
    { printf '%s' "$program"; cat "${contents[@]}" /dev/null; } |
      timeout 60 ssh -T -o BatchMode=yes -o ConnectTimeout=20 -- "$host" "$remote" >"$RUN/host" 2>"$RUN/host-error" || true
    sed -n 's/^se: //p' "$RUN/host" >>"$RUN/hosts"
    if ! grep -qx 'se: end' "$RUN/host"; then
      say "  $host: $(sed -n 's/^se: wrong //p' "$RUN/host")" "$(tail -n 3 "$RUN/host-error")"
      rc=69
    fi
  done <<<"$1"
  return "$rc"
}

# hosts_files CHAIN KEY ROOTS CERTFILE KEYFILE CAFILE: in the order of writing
hosts_files() {
  printf '%s\n' key 600 "$5" "$2"
  if [[ -n $3 ]]; then printf '%s\n' ca 644 "$6" "$3"; fi
  printf '%s\n' chain 644 "$4" "$1"
}

# ais_hosts_ready ... ROOTS CERTFILE KEYFILE CAFILE
ais_hosts_ready() {
  local roots=''
  if [[ $4 == true ]]; then roots=/dev/null; fi
  on_hosts "$1" "$2" "$3" ready "$(hosts_files /dev/null /dev/null "$roots" "$5" "$6" "$7")"
}

# ais_hosts_keep ... CERTFILE KEYFILE CAFILE: each host keeps a copy of what it has
ais_hosts_keep() {
  local roots=''
  if [[ -n $6 ]]; then roots=/dev/null; fi
  on_hosts "$1" "$2" "$3" keep "$(hosts_files /dev/null /dev/null "$roots" "$4" "$5" "$6")" || return
  jq -n '{kept: true}' | answer_json
}

# ais_hosts_placed ... NAMED CHAIN KEY ROOTS CERTFILE KEYFILE CAFILE: a key that is not here each host has kept
ais_hosts_placed() {
  local look=look placed=false
  if [[ ! -s $6 ]]; then look=look_kept; fi
  if on_hosts "$1" "$2" "$3" "$look" "$(hosts_files "${@:5}")" && ! grep -Eq '^(key|ca|chain) (other|none|closed)$' "$RUN/hosts"; then placed=true; fi
  jq -n --argjson placed "$placed" '{placed: $placed}' | answer_json
}

# ais_hosts_place ... NAMED CHAIN KEY ROOTS CERTFILE KEYFILE CAFILE: beside the files on all hosts, then by
# renames, the key first and the certificate last
ais_hosts_place() {
  local calls=put files
  files=$(hosts_files "${@:5}")
  if [[ ! -s $6 ]]; then calls=put_kept; fi
  if [[ $4 != true ]]; then calls="known $calls"; fi
  if ! on_hosts "$1" "$2" "$3" "$calls" "$files"; then
    on_hosts "$1" "$2" "$3" drop "$files" 2>/dev/null
    return 69
  fi
  on_hosts "$1" "$2" "$3" turn "$files" || return
  ais_hosts_placed "$@"
  holds .json.placed
}
