# shellcheck shell=sh disable=SC2034
# Package settings of flux-agent, read by scripts/package.sh.
summary='runs the commands of a Minecraft store on the server
 The daemon beside one Minecraft server: it receives commands from a store over
 a session that survives outages, runs them in the game over RCON, keeps those
 that wait for a player, and reports every outcome. Nothing is lost, nothing
 runs twice.'
suggests='flux-companion, nginx | caddy'
config=config.example.yml
config_name=config.yml
# Purging deletes the journal. The store then offers open commands again, and the agent holds those that may have run.
purge='/run/flux-agent /var/lib/flux-agent /etc/flux-agent/token /etc/flux-agent/rcon-password'
units='flux-agent.service flux-agent@.service'
examples='agent-credentials.conf agent-instance-credentials.conf agent-game-log.conf loopback-only.conf'
