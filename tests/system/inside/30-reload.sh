# shellcheck shell=bash
sentences='
a_broken_file_is_refused   a reload with a broken file fails, says where, and leaves the old one in force
a_reload_takes_effect      a reload with a good file takes effect in the same process
a_token_is_rotated         a new token is taken by a reload, in the same process, and what waited is delivered once
the_companion_reloads      the companion refuses a broken file in the same words, and takes a good one in the same process
'

server=$(server_id /etc/flux-agent/token 2>/dev/null)

a_broken_file_is_refused() {
  pid=$(property flux-agent MainPID)
  cp -a /etc/flux-agent/config.yml /root/config.yml
  echo 'polling: { min: 1s }' >>/etc/flux-agent/config.yml
  if systemctl reload flux-agent; then return 1; fi
  journalctl --unit flux-agent --output cat --lines 20 | grep 'config.yml:[0-9]*:[0-9]*:'
  cp -a /root/config.yml /etc/flux-agent/config.yml
  equals "$(property flux-agent MainPID)" "$pid"
  equals "$(property flux-agent ActiveState)" active
  id=$(order_line "$server" 'say still here')
  within 20 command_is "$id" completed
}

a_reload_takes_effect() {
  pid=$(property flux-agent MainPID)
  cp -a /etc/flux-agent/config.yml /root/config.yml
  sed -i 's/^  deny: \[/&say, /' /etc/flux-agent/config.yml
  systemctl reload flux-agent
  within 10 a_line_is_blocked
  cp -a /root/config.yml /etc/flux-agent/config.yml
  systemctl reload flux-agent
  equals "$(property flux-agent MainPID)" "$pid"
}
a_line_is_blocked() {
  local id; id=$(order_line "$server" 'say blocked')
  sleep 0.5
  [ "$(call GET "/commands/$id" | jq -r .reason)" = blocked_by_policy ]
}

a_token_is_rotated() {
  pid=$(property flux-agent MainPID)
  waits=$(order_line "$server" 'give {player} diamond 7' Alex ', "requireOnline": true')
  within 20 command_is "$waits" awaiting_player
  docs rotate-tokens "The agent's token"
  within 30 server_is "$server" online
  equals "$(property flux-agent MainPID)" "$pid"
  game join Alex
  within 20 command_is "$waits" completed
  equals "$(ran 'give Alex diamond 7')" 1
  game leave Alex
}

the_companion_reloads() {
  pid=$(property flux-companion MainPID)
  cp -a /etc/flux-companion/companion.yml /root/companion.yml
  echo 'nonsense: 1' >>/etc/flux-companion/companion.yml
  if systemctl reload flux-companion; then return 1; fi
  journalctl --unit flux-companion --output cat --lines 20 | grep 'companion.yml:[0-9]*:1: nonsense:'
  cp -a /root/companion.yml /etc/flux-companion/companion.yml
  systemctl reload flux-companion
  within 10 sh -c "journalctl --unit flux-companion --output cat --lines 20 | grep 'configuration reloaded'"
  equals "$(property flux-companion MainPID) $(property flux-companion ActiveState)" "$pid active"
  property flux-companion StatusText | grep '^serving on '
}
