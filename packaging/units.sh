#!/bin/sh
# What the packages and install.sh do with the units of one program: /usr/lib/NAME/units ACTION.
set -eu
name=@NAME@
program=@BIN@/@NAME@

# Whether a unit's configuration satisfies this version, asked as its user. What is wrong goes to stderr.
config_is_valid() { # unit
  instance=${1#"$name"}
  instance=${instance%.service}
  instance=${instance#@}
  runuser -u "$name" -- "$program" ${instance:+--config "/etc/$name/$instance.yml"} check >/dev/null
}

# A first start.
start_if_valid() {
  if why=$(config_is_valid "$name.service" 2>&1); then
    systemctl start "$name.service" || true
  else
    printf '%s\n' "$why" "$name is not started: set up /etc/$name, then 'systemctl start $name'" >&2
  fi
}

# After an upgrade. A configuration that the new version refuses leaves the old version running.
restart_running() {
  for unit in $(systemctl list-units --plain --no-legend --state=active "$name.service" "$name@*.service" | cut -d' ' -f1); do
    if why=$(config_is_valid "$unit" 2>&1); then
      systemctl restart "$unit" || true
    else
      printf '%s\n' "$why" "$unit still runs the old version: mend that, then 'systemctl restart $unit'" >&2
    fi
  done
}

# The user and the directories are needed where systemd does not run yet, too (an image that is being built).
if [ "${1-}" = prepare ]; then
  systemd-sysusers "$name.conf"
  systemd-tmpfiles --create "$name.conf"
  exit
fi
[ -d /run/systemd/system ] || exit 0
case ${1-} in
  installed) systemctl daemon-reload && start_if_valid ;;
  upgraded) systemctl daemon-reload && restart_running ;;
  stop) systemctl stop "$name.service" "$name@*.service" || true ;;
  *) echo "usage: /usr/lib/$name/units prepare|installed|upgraded|stop" >&2; exit 64 ;;
esac
