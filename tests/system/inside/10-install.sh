# shellcheck shell=bash
sentences='
a_game_runs            a Minecraft server with RCON is on the machine (the sandbox'"'"'s)
installs               the packages install; nothing starts without a valid configuration, and nothing is left failed
belongs                configuration and state have the right owners and modes
exposure               every unit has an exposure of at most 1.2
refuses_a_bad_start    a wrong configuration fails the start with its reason, and is not tried again
'

a_game_runs() {
  mkdir -p /srv/minecraft /srv/creative
  printf 'enable-rcon=true\nrcon.port=25575\nrcon.password=hunter-2\n' >/srv/minecraft/server.properties
  printf 'enable-rcon=true\nrcon.port=25585\nrcon.password=hunter-2\n' >/srv/creative/server.properties
  printf 'hunter-2' >/root/game-password
  # %i is the RCON port; the control port is the next one.
  for port in 25575 25585; do
    cat >"/etc/systemd/system/game-$port.service" <<UNIT
[Service]
ExecStart=/share/flux-sandbox game --rcon 127.0.0.1:$port --control 127.0.0.1:$((port + 1)) --password-file /root/game-password --world /srv/minecraft/$port.json --join Steve
UNIT
  done
  systemctl daemon-reload
  systemctl start game-25575 game-25585
  within 10 game online
}

installs() {
  docs install Install
  for each in flux-agent flux-companion; do
    equals "$(property "$each" UnitFileState)" enabled
    equals "$(property "$each" ActiveState)" inactive
  done
}

belongs() {
  equals "$(stat -c '%U:%G %a' /etc/flux-agent /var/lib/flux-agent /etc/flux-companion /var/lib/flux-companion | paste -sd,)" \
    'root:flux-agent 750,flux-agent:flux-agent 700,root:flux-companion 750,flux-companion:flux-companion 700'
  flux-agent --version
  flux-companion --version
  # The first line of the config names the schema for editors; the schema must exist.
  for config in /etc/flux-agent/config.yml /etc/flux-companion/companion.yml; do test -s "$(sed -n 's/.*\$schema=//p' "$config")"; done
  # The completions and the man page list options, so they come from the program.
  grep -q -- --config /usr/share/bash-completion/completions/flux-agent
  man flux-agent | grep -- --config
}

exposure() {
  for unit in flux-agent.service flux-agent@.service flux-companion.service; do
    systemd-analyze security --offline=yes --threshold=12 "/usr/lib/systemd/system/$unit" | tail -n 1
    grep -E '^(MemoryMax|TasksMax|IPAddressDeny|SocketBindDeny)=' "/usr/lib/systemd/system/$unit" | cut -d= -f1 | sort -u | paste -sd' ' |
      grep -x 'IPAddressDeny MemoryMax SocketBindDeny TasksMax'
  done
  equals "$(property flux-agent MemoryMax)" 268435456
  equals "$(property flux-companion TasksMax)" 256
}

refuses_a_bad_start() {
  if systemctl start flux-agent; then return 1; fi
  equals "$(property flux-agent ActiveState)" failed
  equals "$(property flux-agent NRestarts)" 0
  journalctl --unit flux-agent --output cat | grep 'config.yml:.*token_file'
  systemctl reset-failed flux-agent
}
