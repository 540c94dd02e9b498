# shellcheck shell=sh disable=SC2034
# Package settings of flux-companion, read by scripts/package.sh.
summary='small store server for Minecraft servers
 One program and one SQLite file: it turns paid orders into commands, sends
 them to the flux-agent of each Minecraft server, and tracks each to its end.'
suggests='flux-agent, nginx | caddy'
config=companion.example.yml
config_name=companion.yml
# Purging keeps the database, because it has the orders.
purge=/run/flux-companion
units=flux-companion.service
examples='loopback-only.conf'
