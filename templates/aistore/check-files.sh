# sh check-files.sh HOST CERTIFICATE KEY [ROOTS]: says in one line, in which nothing is secret, what lies on the
# host of a node. To be run there by the user that runs aisnode; where none runs, by the owner of the key.
LC_ALL=C
export LC_ALL

digest() { { sha256sum || openssl dgst -sha256 -r; } 2>/dev/null | cut -c 1-64; }

# seen PATH: why nothing can be said of a file; fails where something can
seen() {
  if [ ! -e "$1" ]; then echo missing; elif [ ! -f "$1" ] || [ ! -r "$1" ]; then echo closed; else return 1; fi
}

whole() { seen "$1" || digest <"$1"; }

# public KEY: the digest of its public key; one with a passphrase is nothing that aisnode could read
public() {
  seen "$1" && return
  pem=$(openssl pkey -pubout -passin pass: <"$1" 2>/dev/null) || { echo broken; return; }
  printf '%s\n' "$pem" | openssl pkey -pubin -outform DER | digest
}

me=$(id -u)
users=$(grep -lsx 'aisnode.*' /proc/[0-9]*/comm | xargs -r stat -c %u 2>/dev/null | sort -u)
case $users in
  "$me") as=reader ;;
  '') if [ "$(stat -c %u "$3" 2>/dev/null)" = "$me" ]; then as=owner; else as=nobody; fi ;;
  *) as=$(printf '%s' "$users" | tr '\n' ,) ;;
esac
roots=-
[ -z "${4:-}" ] || roots=$(whole "$4")
printf 'secure-endpoint-check %s cert=%s key=%s roots=%s mode=%s as=%s\n' \
  "$1" "$(whole "$2")" "$(public "$3")" "$roots" "$(stat -c %a "$3" 2>/dev/null || echo -)" "$as"
