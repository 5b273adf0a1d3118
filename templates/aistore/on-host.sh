# Runs on the host of a node: POSIX sh, sent on stdin in front of the contents. What is called stands at the end,
# its values quoted. Answers are lines that begin with "se: "; any other line is chatter of the host's login.
# Files come by fives: NAME (key, ca, chain) MODE PATH SIZE SHA256.
umask 077
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin
# the names of fresh files and of kept copies: what stands at the end gives its own
: "${tag:=se}" "${kept:=before}"

say() { printf 'se: %s\n' "$(printf '%s' "$*" | tr '\n' ' ')"; }

# wrong WHAT WORDS...: why nothing can be done on this host
wrong() { say wrong "$@"; exit 3; }

# refused PATH WORDS: what the system said to a write
refused() {
  case $2 in
    *'No space left'* | *[Qq]uota*) what=full ;;
    *) what=folder ;;
  esac
  wrong "$what" "$1:" "$(printf '%s\n' "$2" | grep -Ev 'records (in|out)|bytes.* copied' | head -n 1)"
}

each() {
  call=$1
  shift
  while [ $# -ge 5 ]; do
    folder=${3%/*}
    folder=${folder:-/}
    fresh=$folder/.${3##*/}.$tag
    "$call" "$1" "$2" "$3" "$4" "$5"
    shift 5
  done
}

# owner_of PATH: its uid:gid, in the fields of ls before any name
# shellcheck disable=SC2012
owner_of() { ls -ldn -- "$1" 2>/dev/null | { read -r _ _ uid gid _ && echo "$uid:$gid"; }; }

# readers: uid:gid of the users that run aisnode here, a line each; root reads what belongs to any of them
readers() {
  for process in /proc/[0-9]*; do
    read -r name <"$process/comm" || continue
    case $name in aisnode*) owner_of "$process" ;; esac
  done 2>/dev/null | sort -u -t : -k 1,1nr
}

# owner PATH: whose a file must be: of who runs aisnode; else of who has the file that is there, or its folder
owner() {
  if [ "$(id -u)" != 0 ]; then echo "$(id -u):$(id -g)"; return; fi
  found=$(readers | head -n 1)
  if [ -z "$found" ]; then
    found=$(owner_of "$1")
    case $found in '' | 0:*) found=$(owner_of "$folder") ;; esac
  fi
  echo "$found"
}

digest() { { sha256sum <"$1" || openssl dgst -sha256 -r <"$1"; } 2>/dev/null | cut -c 1-64; }

# ready: the file could be written, and aisnode could read it; nothing stays
ready() {
  [ -n "$(digest /dev/null)" ] || wrong tools 'neither sha256sum nor openssl is there'
  command -v dd >/dev/null || wrong tools 'dd is not there'
  if [ -d "$3" ]; then wrong folder "$3: is a folder"; fi
  up=$folder
  while [ ! -d "$up" ]; do
    if [ -e "$up" ]; then wrong folder "$up: is no folder"; fi
    up=${up%/*}
    up=${up:-/}
  done
  probe=$up/.probe.$tag
  rm -f "$probe" 2>/dev/null
  if ! said=$({ set -C; dd if=/dev/zero bs=1024 count=64 >"$probe"; } 2>&1); then
    rm -f "$probe" 2>/dev/null
    refused "$up" "$said"
  fi
  rm -f "$probe"
  me=$(id -u)
  users=$(readers | cut -d : -f 1 | grep -vx 0)
  for user in $users; do
    case $me:$user in
      0:* | "$me:$me") ;;
      *) wrong reader "aisnode runs as user $user, and the key would be readable for user $me ($(id -un)) alone" ;;
    esac
  done
  for user in $users; do may_enter "$user" "$up"; done
  case $users in *[0-9]*[!0-9]*[0-9]*) wrong reader "aisnode runs as several users:" "$users" ;; esac
}

# may_enter USER FOLDER: no folder on the way is closed to all but another user; groups and ACLs get the benefit
may_enter() {
  way=$2
  while :; do
    case $(owner_of "$way"):$(ls -ldn -- "$way") in
      "$1":*) ;;
      *:d?????-??-*) wrong reader "aisnode runs as user $1, and $way is closed to it" ;;
    esac
    [ "$way" != / ] || return 0
    way=${way%/*}
    way=${way:-/}
  done
}

# private NAME PATH: a key that nobody but its owner reads
private() {
  [ "$1" = key ] || return 0
  case $(ls -ld -- "$2") in ????------*) return 0 ;; *) return 1 ;; esac
}

# look: says what lies at the path
look() {
  if [ ! -e "$3" ]; then say "$1" none; return; fi
  if [ ! -r "$3" ]; then say "$1" closed; return; fi
  if [ "$(digest "$3")" = "$5" ] && private "$1" "$3" && [ "$(owner_of "$3")" = "$(owner "$3")" ]; then
    say "$1" same
  else
    say "$1" other
  fi
}

# look_kept: the same, against what was kept of it
look_kept() {
  if [ -e "$3.$kept" ] && [ "$(digest "$3.$kept")" = "$(digest "$3")" ]; then say "$1" same; else say "$1" other; fi
}

# show: the certificates of a file, and nothing else of it
show() {
  if [ ! -e "$3" ]; then say "$1" none; return; fi
  if [ ! -r "$3" ]; then say "$1" closed; return; fi
  say "$1" there
  sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' <"$3" | head -n 4000 |
    while IFS= read -r line; do printf 'se: %s= %s\n' "$1" "$line"; done
}

# known: refuses to replace what is neither key nor certificate
known() {
  [ -s "$3" ] || return 0
  case $1 in
    key) begin='-----BEGIN [A-Z ]*PRIVATE KEY-----' ;;
    *) begin='-----BEGIN CERTIFICATE-----' ;;
  esac
  grep -q -e "$begin" <"$3" || wrong foreign "$3: it holds no $1"
}

# keep: a copy of what is there, beside it, for its owner alone
keep() {
  [ -e "$3" ] || return 0
  rm -f "$fresh"
  said=$({ cp -- "$3" "$fresh" && mv -f -- "$fresh" "$3.$kept"; } 2>&1) || { rm -f "$fresh"; refused "$3" "$said"; }
}

# made: gives the fresh file its owner and mode; the system has it on disk after that, where dd can see to it
made() {
  said=$({ if [ "$(id -u)" = 0 ]; then chown "$(owner "$2")" "$fresh"; fi && chmod "$1" "$fresh"; } 2>&1) ||
    { drop; refused "$2" "$said"; }
  dd if=/dev/null of="$fresh" conv=notrunc,fsync 2>/dev/null
}

# put: the next SIZE bytes of stdin, beside the path; a connection that breaks off leaves the old file
put() {
  if [ ! -d "$folder" ]; then
    said=$({ umask 022; mkdir -p -- "$folder"; } 2>&1) || refused "$folder" "$said"
  fi
  rm -f "$fresh"
  said=$({ set -C; dd bs=1 count="$4" >"$fresh"; } 2>&1) || { drop; refused "$3" "$said"; }
  if [ "$(digest "$fresh")" != "$5" ]; then drop; wrong cut "$3: not all of it has come"; fi
  made "$2" "$3"
}

# put_kept: what was kept, beside the path; where nothing was, nothing is
put_kept() {
  [ -e "$3.$kept" ] || return 0
  rm -f "$fresh"
  said=$(cp -- "$3.$kept" "$fresh" 2>&1) || { drop; refused "$3" "$said"; }
  made "$2" "$3"
}

# turn: the fresh file takes the place of the old one
turn() {
  [ -e "$fresh" ] || return 0
  said=$(mv -f -- "$fresh" "$3" 2>&1) || refused "$3" "$said"
}

drop() { rm -f "$fresh"; }
