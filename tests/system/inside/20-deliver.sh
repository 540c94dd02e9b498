# shellcheck shell=bash
sentences='
the_store              the documented commands set up the store
the_agent              the documented commands set up the agent
sells                  the documented commands sell, and the game delivers
every_day              the documented commands of every day work
tells_systemd          systemd knows the state: notified, with a status line and a watchdog
is_confined            the process has no capability and no new privileges, and its system calls are filtered
writes_to_the_journal  a command'"'"'s whole life greps by its id in the journal, which has it as a field
'

the_store() {
  docs install 'Set up the store'
  within 10 curl -sf http://127.0.0.1:8787/health/ready
  equals "$(property flux-companion ActiveState)" active
}

the_agent() {
  docs install 'Set up the agent'
  within 15 server_is "$(server_id /etc/flux-agent/token)" online
  equals "$(stat -c '%U:%G %a' /etc/flux-agent/token /etc/flux-agent/rcon-password | sort -u)" 'root:flux-agent 640'
}

sells() {
  docs install 'Sell something'
  within 20 delivered order-1
  game inventory Steve | jq -e '.diamond == 5'
}
delivered() { [ "$(call GET "/orders/$1" | jq -r .delivery)" = delivered ]; }

every_day() { docs install 'Day to day'; }

tells_systemd() {
  equals "$(property flux-agent Type)" notify
  within 10 said
  [ "$(property flux-agent WatchdogTimestampMonotonic)" -gt 0 ]
}
said() { [ -n "$(property flux-agent StatusText)" ]; }

is_confined() {
  for unit in flux-agent flux-companion; do
    status=/proc/$(property "$unit" MainPID)/status
    equals "$(stat -c %U "/proc/$(property "$unit" MainPID)")" "$unit"
    grep -E '^CapEff:\s+0+$' "$status"
    grep -E '^NoNewPrivs:\s+1$' "$status"
    grep -E '^Seccomp:\s+2$' "$status"
  done
}

writes_to_the_journal() {
  id=$(order_line "$(server_id /etc/flux-agent/token)" 'say the journal')
  within 20 command_is "$id" completed
  journalctl --unit flux-agent --grep "$id" --no-pager
  [ "$(journalctl --quiet FLUX_COMMAND_ID="$id" --output cat --no-pager | wc -l)" -ge 3 ]
}
