#!/bin/sh
# Runs the start-up command of a Pterodactyl or Pelican panel, which is in $STARTUP.
set -eu
# A panel writes {{NAME}} for the variable NAME. The values are not printed: two of them are secrets.
command=$(printf '%s' "$STARTUP" | sed 's/{{/${/g; s/}}/}/g')
eval "exec $command"
