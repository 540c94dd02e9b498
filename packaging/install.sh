#!/bin/sh
# Installs or upgrades the agent, the companion, or both, on a machine with systemd:
#   ./install.sh [flux-agent] [flux-companion]
#
# It needs root and writes these files, replacing those of an earlier version:
#   /usr/local/bin/NAME               the program
#   /usr/local/lib/NAME/units         the script that starts and restarts its units
#   /etc/systemd/system/NAME.service and NAME@.service, /etc/sysusers.d/NAME.conf, /etc/tmpfiles.d/NAME.conf
#   /usr/local/share/man/man1/NAME.1.gz, /usr/local/share/bash-completion/completions/NAME, /usr/local/share/NAME/config.schema.json
# It never replaces a configuration:
#   /etc/flux-agent/config.yml, /etc/flux-companion/companion.yml
#
# Then it creates the user NAME and the directories, and starts the unit if the configuration is valid.
# It restarts a running unit only if the new version accepts the unit's configuration.
# It downloads nothing, deletes nothing and leaves /var/lib/NAME alone.
# To uninstall, run `systemctl disable --now NAME` and delete the files above.
set -eu
cd "$(dirname "$0")"
if [ "$(id -u)" -ne 0 ]; then echo 'install.sh: run this script as root' >&2; exit 77; fi
if [ $# -eq 0 ]; then set -- flux-agent flux-companion; fi

install_one() {
  from=$1
  # A running program cannot be overwritten, but it can be replaced by a rename.
  install -D -m 755 "$from/usr/bin/$from" "/usr/local/bin/.$from.new"
  mv "/usr/local/bin/.$from.new" "/usr/local/bin/$from"
  for unit in "$from"/usr/lib/systemd/system/*; do
    sed 's|/usr/bin/flux|/usr/local/bin/flux|g' "$unit" | install -D -m 644 /dev/stdin "/etc/systemd/system/${unit##*/}"
  done
  for kind in sysusers tmpfiles; do install -D -m 644 "$from/usr/lib/$kind.d/$from.conf" "/etc/$kind.d/$from.conf"; done
  install -D -m 644 "$from/usr/share/man/man1/$from.1.gz" "/usr/local/share/man/man1/$from.1.gz"
  install -D -m 644 "$from/usr/share/bash-completion/completions/$from" "/usr/local/share/bash-completion/completions/$from"
  install -D -m 644 "$from/usr/share/$from/config.schema.json" "/usr/local/share/$from/config.schema.json"
  install -D -m 755 "$from/usr/lib/$from/units" "/usr/local/lib/$from/units"
  "/usr/local/lib/$from/units" prepare
  for config in "$from/etc/$from"/*; do
    if [ ! -e "/etc/$from/${config##*/}" ]; then
      sed 's|=/usr/share/|=/usr/local/share/|' "$config" | install -m 644 /dev/stdin "/etc/$from/${config##*/}"
    fi
  done
  systemctl enable --quiet "$from.service"
  if systemctl --quiet is-active "$from.service" "$from@*.service"; then
    "/usr/local/lib/$from/units" upgraded
  else
    "/usr/local/lib/$from/units" installed
  fi
}

for each in "$@"; do
  if [ ! -d "$each" ]; then echo "install.sh: this archive has no $each" >&2; exit 64; fi
  install_one "$each"
done
