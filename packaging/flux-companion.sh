# shellcheck shell=sh disable=SC2034
# What scripts/package.sh needs to know of flux-companion.
summary='slim store server for Minecraft servers
 One program and one SQLite file: it turns paid orders into commands, hands
 them to the flux-agent of each Minecraft server, and follows each to its end.'
suggests='flux-agent, nginx | caddy'
config=companion.example.yml
config_name=companion.yml
# Not the database: it has the orders.
purge=/run/flux-companion
units=flux-companion.service
examples='loopback-only.conf'
