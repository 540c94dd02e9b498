#!/bin/sh
# Starts, restarts and stops the units of one program, for the packages and install.sh.
# Usage: /usr/lib/NAME/units prepare|installed|upgraded|stop
set -eu
name=@NAME@
program=@BIN@/@NAME@

# Checks a unit's configuration with this version, as the unit's user. Prints mistakes to stderr.
config_is_valid() { # unit
  instance=${1#"$name"}
  instance=${instance%.service}
  instance=${instance#@}
  runuser -u "$name" -- "$program" ${instance:+--config "/etc/$name/$instance.yml"} check >/dev/null
}

# Starts the unit after an installation.
start_if_valid() {
  if why=$(config_is_valid "$name.service" 2>&1); then
    systemctl start "$name.service" || true
  else
    printf '%s\n' "$why" "$name is not started: set up /etc/$name, then run 'systemctl start $name'" >&2
  fi
}

# Restarts running units after an upgrade. A unit whose configuration the new version refuses keeps the old version.
restart_running() {
  for unit in $(systemctl list-units --plain --no-legend --state=active "$name.service" "$name@*.service" | cut -d' ' -f1); do
    if why=$(config_is_valid "$unit" 2>&1); then
      systemctl restart "$unit" || true
    else
      printf '%s\n' "$why" "$unit still runs the old version: correct its configuration, then run 'systemctl restart $unit'" >&2
    fi
  done
}

# An image that is being built needs the user and the directories too, although systemd does not run there.
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
