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
