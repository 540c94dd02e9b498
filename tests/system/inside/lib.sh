# shellcheck shell=bash
# Helpers of the cases.
api=http://127.0.0.1:8787/api/v1
game_control=127.0.0.1:25576

# Runs a case in its own shell, so that `set -e` applies (it does not inside a condition). Prints the trace of a failed case.
# Stops a hanging case.
case_seconds=900
it() { # file, function, sentence
  local start=$SECONDS
  if timeout --kill-after=5 "$case_seconds" bash -euo pipefail -xc '. /share/inside/lib.sh; . "$0"; "$1"' "$1" "$2" >/out/log 2>&1; then
    printf 'ok      %s (%d s)\n' "$3" $((SECONDS - start))
  else
    printf 'FAILED  %s (%d s)\n' "$3" $((SECONDS - start))
    { tail -n 25 /out/log; for unit in flux-agent 'flux-agent@*' flux-companion; do echo "-- $unit"; journalctl --unit "$unit" --lines 12 --no-pager --output cat; done; } |
      cut -c -400 | sed 's/^/        /'
  fi >>/out/findings
}

# Repeats a command until it succeeds, without a trace of each try. The seconds are for an idle machine; a loaded one gets ten times as many.
within() { # seconds, command…
  local until=$((SECONDS + 10 * $1)); shift
  { local was=$-; set +x; } 2>/dev/null
  until "$@" >/out/try 2>&1; do
    if [ $SECONDS -ge $until ]; then echo "did not succeed in time: $*"; cat /out/try; return 1; fi
    sleep 0.2
  done
  case $was in *x*) set -x ;; esac
}

game() { /share/flux-sandbox "$@" --control "$game_control"; }
property() { systemctl show --property "$2" --value "$1"; } # unit, property
equals() { [ "$1" = "$2" ] || { echo "is '$1', should be '$2'"; return 1; }; }
as_agent() { runuser -u flux-agent -- "$@"; }
as_companion() { runuser -u flux-companion -- "$@"; }

call() { # method, path, body
  curl -sS --fail-with-body -X "$1" "$api$2" -H "Authorization: Bearer $(cat /root/admin-key)" -H 'Content-Type: application/json' ${3:+-d "$3"}
}
# Sends one line to the game, through the store; prints the command's id.
order_line() { # server, line, player ("" for none), more JSON
  call POST /commands "{\"serverId\": \"$1\", \"command\": \"$2\" ${3:+, \"player\": {\"name\": \"$3\"\}} ${4:-, \"requireOnline\": false}}" | jq -r .id
}
command_is() { [ "$(call GET "/commands/$1" | jq -r .status)" = "$2" ]; } # id, status
server_is() { [ "$(call GET "/servers/$1" | jq -r .status)" = "$2" ]; } # id, status
server_id() { cut -d. -f1 "$1"; } # token file
agent_says() { # jq filter over the status, value, [arguments of flux-agent]
  local filter=$1 value=$2; shift 2
  [ "$(flux-agent "$@" status --json | jq -r "$filter")" = "$value" ]
}
# The number of times that a line took effect in the game.
ran() { game effects | jq --arg line "$1" '[.effects[] | select(.line == $line)] | length'; }

# Runs the ```sh blocks below a heading of a page in docs/how-to/, as root in the folder with the packages.
docs() { # page, heading
  cd /share || return 1
  awk -v heading="## $2" '/^#/ {on = ($0 == heading)} /^```/ {block = on && $0 == "```sh" ; next} block' "/share/how-to/$1.md" >/root/docs.sh
  [ -s /root/docs.sh ] || { echo "nothing below '## $2' in $1.md"; return 1; }
  bash -euxo pipefail /root/docs.sh
}
