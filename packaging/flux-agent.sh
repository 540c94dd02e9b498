# shellcheck shell=sh disable=SC2034
# What scripts/package.sh needs to know of flux-agent.
summary='runs what a Minecraft store sells on the Minecraft server
 The daemon beside one Minecraft server: it takes commands from a store over
 a session that survives outages, runs them in the game over RCON, keeps those
 that wait for a player, and reports every outcome. Nothing is lost, nothing
 runs twice.'
suggests='flux-companion, nginx | caddy'
config=config.example.yml
config_name=config.yml
# The journal: without it the store offers again what is open, and what may have run is held. The store loses nothing.
purge='/run/flux-agent /var/lib/flux-agent /etc/flux-agent/token /etc/flux-agent/rcon-password'
units='flux-agent.service flux-agent@.service'
examples='agent-credentials.conf agent-instance-credentials.conf agent-game-log.conf loopback-only.conf'
