# shellcheck shell=bash
sentences='
old_files_open         a journal and a database of every earlier schema, put in place, are taken over by the units
upgrades               an upgrade keeps the edited configuration, restarts the daemon, and carries waiting commands across
refuses_to_break       an upgrade with a configuration that the new version refuses leaves the old one running
removes                removing stops the daemon and keeps configuration and journal
purges                 purging leaves nothing of the agent, and the companion'"'"'s database
installs_the_rpms      the .rpm packages install, deliver, keep what was edited through an upgrade, and are removed
installs_the_tarball   install.sh of the tarball installs, can be run twice, and delivers
'

# The state of a fixture, for a companion and an agent on their own ports.
old_files_open() {
  times=0
  for fixture in /share/fixtures/*/; do
    times=$((times + 1))
    old=/var/lib/flux-companion/old; rm -rf "$old" /var/lib/flux-agent/old
    install -d -o flux-companion -g flux-companion -m 700 "$old"
    install -o flux-companion -g flux-companion -m 600 "$fixture/companion.db" "$old/"
    install -d -o flux-agent -g flux-agent -m 700 /var/lib/flux-agent/old
    install -o flux-agent -g flux-agent -m 600 "$fixture/journal.db" /var/lib/flux-agent/old/
    printf 'listen: 127.0.0.1:8789\ndatabase: %s/companion.db\n' "$old" >/etc/flux-companion/old.yml
    systemd-run --quiet --unit old-companion --uid flux-companion flux-companion --config /etc/flux-companion/old.yml serve
    install -m 640 -g flux-agent "$fixture/token" /etc/flux-agent/old.token
    printf 'store: { url: "http://127.0.0.1:8789", token_file: /etc/flux-agent/old.token }\nrcon: { address: "127.0.0.1:25585", password_file: /etc/flux-agent/creative.rcon-password }\n' \
      >/etc/flux-agent/old.yml
    systemctl start flux-agent@old
    game_control=127.0.0.1:25586
    game join Alex; game join Bobby
    within 30 old_command_is "$fixture" order-waits
    within 30 old_command_is "$fixture" order-new
    equals "$(ran 'give Alex diamond 1') $(ran 'give Bobby diamond 1') $(ran 'give Steve diamond 1')" "$times $times 0"
    systemctl stop flux-agent@old old-companion
  done
}
old_command_is() {
  [ "$(curl -sf "http://127.0.0.1:8789/api/v1/orders/$2" -H "Authorization: Bearer $(cat "$1/key")" | jq -r .delivery)" = delivered ]
}

upgrades() {
  server=$(server_id /etc/flux-agent/token)
  within 30 server_is "$server" online
  waits=$(order_line "$server" 'give {player} diamond 9' Alex ', "requireOnline": true')
  within 20 command_is "$waits" awaiting_player
  pid=$(property flux-agent MainPID) config=$(md5sum </etc/flux-agent/config.yml)
  DEBIAN_FRONTEND=noninteractive dpkg --force-confold -i /share/later.deb
  equals "$(md5sum </etc/flux-agent/config.yml)" "$config"
  dpkg-query -W -f '${Version}' flux-agent | grep later
  within 10 restarted_from "$pid"
  within 30 server_is "$server" online
  game join Alex
  within 20 command_is "$waits" completed
  equals "$(ran 'give Alex diamond 9')" 1
}
restarted_from() { [ "$(property flux-agent MainPID)" -ne "$1" ] && [ "$(property flux-agent ActiveState)" = active ]; }

refuses_to_break() {
  pid=$(property flux-agent MainPID)
  cp -a /etc/flux-agent/config.yml /root/config.yml
  echo 'no_such_key: 1' >>/etc/flux-agent/config.yml
  dpkg -i --force-downgrade --force-confold /share/flux-agent.deb 2>&1 | tee /root/said
  grep 'still runs the old version' /root/said
  equals "$(property flux-agent MainPID)" "$pid"
  cp -a /root/config.yml /etc/flux-agent/config.yml
}

removes() {
  systemctl start flux-agent@creative
  docs install Remove
  equals "$(property flux-agent ActiveState) $(property flux-agent@creative ActiveState)" 'inactive inactive'
  [ ! -e /usr/bin/flux-agent ] && [ -e /etc/flux-agent/config.yml ] && [ -e /var/lib/flux-agent/journal.db ]
}

purges() {
  rm -r /etc/systemd/system/flux-agent.service.d /etc/flux-agent/{small,creative,old}.* /etc/flux-agent/ca.pem /etc/flux-companion/old.yml
  docs install Purge
  [ ! -e /etc/flux-agent ] && [ ! -e /var/lib/flux-agent ] && [ ! -e /run/flux-agent ] && [ ! -e /etc/flux-companion ]
  [ -e /var/lib/flux-companion/companion.db ]
  equals "$(systemctl list-unit-files --no-legend 'flux-*' | grep -cv flux-test || true)" 0
}

# Sets up a connected server with the installed programs.
set_up() { # folder of the programs
  # The package starts the companion if its database exists.
  systemctl stop flux-companion
  rm -rf /var/lib/flux-companion/companion.db*
  runuser -u flux-companion -- "$1/flux-companion" init >/root/admin-key
  systemctl start flux-companion
  runuser -u flux-companion -- "$1/flux-companion" server add Survival --address mc.example.com | install -m 640 -g flux-agent /dev/stdin /etc/flux-agent/token
  install -m 640 -g flux-agent /root/game-password /etc/flux-agent/rcon-password
  sed -i 's|https://store.example.com|http://127.0.0.1:8787|' /etc/flux-agent/config.yml
}
delivers() { # line
  equals "$(property flux-agent ActiveState) $(property flux-companion ActiveState)" 'active active'
  server=$(server_id /etc/flux-agent/token)
  within 20 server_is "$server" online
  id=$(order_line "$server" "$1")
  within 20 command_is "$id" completed
}

# Debian's rpm does not know the packages that dpkg has installed.
installs_the_rpms() {
  rpm --install --nodeps /share/flux-companion.rpm /share/flux-agent.rpm
  equals "$(systemctl is-enabled flux-agent flux-companion | sort -u)" enabled
  equals "$(property flux-agent ActiveState)" inactive
  set_up /usr/bin
  systemctl start flux-agent
  delivers 'say from the rpm'
  pid=$(property flux-agent MainPID) config=$(md5sum </etc/flux-agent/config.yml)
  rpm --upgrade --replacepkgs --nodeps /share/flux-agent.rpm
  equals "$(md5sum </etc/flux-agent/config.yml)" "$config"
  within 10 restarted_from "$pid"
  delivers 'say after the upgrade'
  rpm --erase flux-agent flux-companion
  [ ! -e /usr/bin/flux-agent ] && [ -e /etc/flux-agent/config.yml.rpmsave ] && [ -e /var/lib/flux-agent/journal.db ]
  equals "$(systemctl list-units --no-legend --state=active 'flux-agent*' 'flux-companion*' | wc -l)" 0
  rm -rf /etc/flux-agent /etc/flux-companion /var/lib/flux-agent /var/lib/flux-companion
}

installs_the_tarball() {
  mkdir -p /root/tarball
  tar -xzf /share/flux.tar.gz -C /root/tarball --strip-components=1
  /root/tarball/install.sh
  equals "$(property flux-agent ActiveState) $(property flux-companion ActiveState)" 'inactive inactive'
  set_up /usr/local/bin
  config=$(md5sum </etc/flux-agent/config.yml)
  /root/tarball/install.sh
  equals "$(md5sum </etc/flux-agent/config.yml)" "$config"
  test -s "$(sed -n 's/.*\$schema=//p' /etc/flux-agent/config.yml)"
  delivers 'say from the tarball'
}
