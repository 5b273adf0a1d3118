RUN=$WORK/run.$$
ANSWER=$RUN/answer.json
BEGUN=()

# plain: what others say, without what steers a terminal
plain() {
  LC_ALL=C sed 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/\xc2[\x80-\x9f]//g' | LC_ALL=C tr -d '\000-\010\013-\037\177'
}

say() { printf '%s\n' "$@" | plain >&2; }

# in_folder FOLDER COMMAND...
in_folder() { (cd "$1" && shift && "$@"); }

# answer_of SECONDS COMMAND...: runs it with stdin closed and puts exit, words and JSON into $ANSWER
answer_of() {
  local rc=0
  timeout "$1" "${@:2}" </dev/null >"$RUN/out" 2>"$RUN/err" || rc=$?
  { cat "$RUN/out" && echo && cat "$RUN/err"; } | plain >"$RUN/text"
  sed '/^ *$/d; s/^/  | /' "$RUN/text" >&2
  jq -n --argjson exit "$rc" --rawfile out "$RUN/out" --rawfile text "$RUN/text" \
    '{exit: $exit, text: $text, json: ($out | fromjson? // null)}' >"$ANSWER"
}

# answer_json: JSON on stdin becomes the answer
answer_json() { jq '{exit: 0, text: tojson, json: .}' >"$ANSWER"; }

answer_http() {
  local body
  body=$(curl -q -sS --noproxy '*' --max-time 20 -X "$1" -w '\n%{http_code}' "$2" 2>&1)
  jq -n --arg body "${body%$'\n'*}" --arg status "${body##*$'\n'}" \
    '{text: $body, status: ($status | tonumber? // null), json: ($body | fromjson? // null)}' >"$ANSWER"
}

answer_handshake() {
  jq -n --arg leaf "$(served_leaf "$1" "$2")" '{text: "", leafSha256: $leaf}' >"$ANSWER"
}

# holds JQ: whether the answer is as wanted
holds() { jq -e "$1" "$ANSWER" >/dev/null 2>&1; }

# explain JQ EXIT TITLE WHY FIX: says what the tool's words mean, and fails with that exit
explain() {
  holds "$1" || return 0
  say "  $3" "  means: $4" "  fix: $5"
  return "$2"
}

# tool_failed NAME: what no explanation knows
tool_failed() {
  local rc
  rc=$(jq .exit "$ANSWER")
  case $rc in
    0) say "  $1 answered something that cannot be understood."; return 69 ;;
    124) say "  $1 did not end in time."; return 124 ;;
    126) say "  $1 is there, but it cannot be started."; return 69 ;;
    127) say "  $1 is not installed, or not on PATH."; return 69 ;;
  esac
  if ((rc > 128)); then say "  $1 was ended from outside."; return 75; fi
  say "  $1 failed with exit $rc."
  return 1
}

# put PATH MODE: a file from stdin, with the folders of the pair put in as JSON text
put() {
  local text new old
  new=$(jq -rn --arg p "$NEW" '$p | tojson | .[1:-1]')
  old=$(jq -rn --arg p "$OLD" '$p | tojson | .[1:-1]')
  text=$(cat)
  text=${text//@NEW@/"$new"}
  mkdir -p "$(dirname "$1")" || return 1
  printf '%s\n' "${text//@OLD@/"$old"}" >"$1" && chmod "$2" "$1"
}

# filled NAMES...: puts variables into a file's text, as JSON text where it says @NAME@
filled() {
  local text each value
  text=$(cat)
  for each in "$@"; do
    value=$(jq -rn --arg v "${!each}" '$v | tojson | .[1:-1]')
    text=${text//@$each@/"$value"}
  done
  printf '%s\n' "$text"
}

ask() {
  local reply
  [[ -t 0 ]] || { say "  nobody is there to ask: $1"; return 3; }
  read -r -p "$1 [y/N] " reply
  [[ $reply == [yY]* ]] || return 3
}

has() { declare -F "$1" >/dev/null; }

# step ID TITLE RULE: looks, acts, and follows the rule when it fails
step() {
  local rc=0
  say "$2"
  if has "look_$1"; then
    for _ in {1..450}; do
      if "look_$1"; then say '  already so'; return; fi
      if has "busy_$1" && "busy_$1"; then sleep 2; else break; fi
    done
  fi
  BEGUN=("$1" "${BEGUN[@]}")
  printf '%s\n' "${BEGUN[@]}" >"$WORK/begun"
  "act_$1" || rc=$?
  case $rc:$3 in
    0:*) say '  done'; return ;;
    3:*) say '  skipped'; exit 0 ;;
    1:report) rc=124 ;;
  esac
  if [[ $3 == undo ]] && can_undo; then
    undo_all
    say "failed: $2, exit $rc; what was there before is back"
  else
    say "failed: $2, exit $rc"
  fi
  ((rc == 124)) && say 'It may only need more time: run this script again later.'
  exit "$rc"
}

undo_step() {
  say "undo: $2"
  if has "look_$1" && "look_$1"; then return; fi
  "act_$1"
}

can_undo() {
  local each
  for each in "${BEGUN[@]}"; do
    if has "undo_$each"; then return 0; fi
  done
  return 1
}

undo_all() {
  local each
  for each in "${BEGUN[@]}"; do
    if has "undo_$each"; then "undo_$each" || { say 'the undo failed'; exit 1; }; fi
  done
  rm -f "$WORK/begun"
}

# leave: however this ends
leave() {
  if has let_go; then let_go; fi
  rm -rf "$RUN"
}

begin() {
  [[ ${YES:-} == 1 ]] || ask 'Shall this run?' || exit 2
  local each
  # a tool that outlived a script that was killed still writes: what it says must not be read as ours
  for each in "$WORK"/run.*; do kill -0 "${each##*.}" 2>/dev/null || rm -rf "$each"; done
  mkdir -p "$NEW" "$FOUND" "$RUN" || exit 73
  trap leave EXIT
  # what an earlier run of this script has begun is taken back as well
  if [[ -e $WORK/begun ]]; then mapfile -t BEGUN <"$WORK/begun"; fi
}

finish() {
  rm -f "$WORK/begun"
  say 'done: it is served and proven'
}
