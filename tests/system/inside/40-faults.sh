# shellcheck shell=bash
sentences='
freezes                a frozen daemon is killed by the watchdog and started again; what waited is delivered once
outages_are_no_stall   game and store down for longer than the watchdog restart nothing; then it goes on
stops_under_load       stopped in the middle of 200 commands it ends cleanly; after the start each has run once
is_killed_under_load   the same with kill -9
the_disk_is_full       with a full disk nothing is acknowledged or run; with room again it goes on by itself
'

server=$(server_id /etc/flux-agent/token 2>/dev/null)

# A watchdog that is short enough for a test.
short_watchdog() {
  mkdir -p /etc/systemd/system/flux-agent.service.d
  printf '[Service]\nWatchdogSec=4s\nRestartSec=200ms\n' >/etc/systemd/system/flux-agent.service.d/test.conf
  systemctl daemon-reload
  systemctl restart flux-agent
  within 20 server_is "$server" online
}

freezes() {
  short_watchdog
  waits=$(order_line "$server" 'give {player} diamond 8' Alex ', "requireOnline": true')
  within 20 command_is "$waits" awaiting_player
  pid=$(property flux-agent MainPID)
  kill -STOP "$pid"
  within 20 restarted_from "$pid"
  journalctl --unit flux-agent --output cat --grep 'Watchdog timeout'
  within 30 server_is "$server" online
  game join Alex
  within 20 command_is "$waits" completed
  equals "$(ran 'give Alex diamond 8')" 1
  game leave Alex
}
restarted_from() { [ "$(property flux-agent MainPID)" -ne 0 ] && [ "$(property flux-agent MainPID)" -ne "$1" ] && [ "$(property flux-agent ActiveState)" = active ]; }

outages_are_no_stall() {
  restarts=$(property flux-agent NRestarts) pid=$(property flux-agent MainPID)
  systemctl stop game-25575 flux-companion
  # Waits for twice the watchdog's time: here the time itself is the condition.
  sleep 9
  equals "$(property flux-agent NRestarts) $(property flux-agent MainPID)" "$restarts $pid"
  systemctl start game-25575 flux-companion
  within 90 server_is "$server" online
  id=$(order_line "$server" 'say after the outage')
  within 60 command_is "$id" completed
}

load() { # first, last: tells that many lines to the store, eight at a time
  export -f call order_line; export api
  seq "$1" "$2" | xargs -P 8 -I N bash -c 'order_line "$0" "say load N"' "$server" >>/root/load
}
in_the_middle() { [ "$(game effects | jq '[.effects[].line | select(startswith("say load"))] | length')" -gt "$1" ]; }
each_ran_once() { # first, last
  game effects | jq -e --argjson first "$1" --argjson last "$2" \
    '[.effects[].line | select(startswith("say load")) | ltrimstr("say load ") | tonumber | select(. >= $first and . <= $last)] | sort == [range($first; $last + 1)]'
}

stops_under_load() {
  load 1 200 &
  within 30 in_the_middle 40
  systemctl stop flux-agent
  equals "$(property flux-agent Result) $(property flux-agent ExecMainStatus)" 'success 0'
  wait
  systemctl start flux-agent
  within 90 each_ran_once 1 200
}

is_killed_under_load() {
  load 201 400 &
  within 30 in_the_middle 240
  systemctl kill --kill-whom=main --signal=KILL flux-agent
  wait
  within 90 each_ran_once 201 400
}

the_disk_is_full() {
  runuser -u flux-companion -- flux-companion server add Small --address small.example.com 2>/dev/null | install -m 640 -g flux-agent /dev/stdin /etc/flux-agent/small.token
  sed "s|/etc/flux-agent/token|/etc/flux-agent/small.token|" /etc/flux-agent/config.yml >/etc/flux-agent/small.yml
  mkdir -p /var/lib/flux-agent/small
  mount -t tmpfs -o "size=12m,mode=700,uid=$(id -u flux-agent),gid=$(id -g flux-agent)" tmpfs /var/lib/flux-agent/small
  systemctl start flux-agent@small
  small=$(server_id /etc/flux-agent/small.token)
  within 20 server_is "$small" online
  if dd if=/dev/zero of=/var/lib/flux-agent/small/filler bs=4k; then return 1; fi
  # More data than SQLite's file may still have room for.
  for number in $(seq 30); do order_line "$small" "say small $number $(printf 'x%.0s' $(seq 900))" >>/root/small; done
  last=$(tail -n 1 /root/small)
  within 20 journal_complains
  command_is "$last" pending
  equals "$(property flux-agent@small ActiveState) $(property flux-agent@small NRestarts)" 'active 0'
  rm /var/lib/flux-agent/small/filler
  within 90 command_is "$last" completed
  equals "$(game effects | jq '[.effects[].line | select(startswith("say small"))] | length')" 30
  systemctl stop flux-agent@small
  umount /var/lib/flux-agent/small
}
journal_complains() { journalctl --unit flux-agent@small --output cat --grep 'full'; }
