# shellcheck shell=bash
sentences='
two_servers            two agents on one machine, set up as documented, deliver each to its own game and are addressed by their configs
they_stop_apart        one stopped, the other still runs and answers
credentials            the documented drop-in keeps the secrets with root and shows them to the daemon alone
'

two_servers() {
  docs several-servers 'Several servers on one machine'
  creative=$(server_id /etc/flux-agent/creative.token)
  survival=$(server_id /etc/flux-agent/token)
  within 20 server_is "$creative" online
  first=$(order_line "$survival" 'say for survival')
  second=$(order_line "$creative" 'say for creative')
  within 20 command_is "$first" completed
  within 20 command_is "$second" completed
  equals "$(ran 'say for survival') $(ran 'say for creative')" '1 0'
  within 5 agent_says .store.serverId "$survival"
  within 5 agent_says .store.serverId "$creative" --config /etc/flux-agent/creative.yml
  equals "$(stat -c %U /var/lib/flux-agent/creative /run/flux-agent/creative | sort -u)" flux-agent
}

they_stop_apart() {
  systemctl stop flux-agent
  flux-agent --config /etc/flux-agent/creative.yml status
  systemctl start flux-agent
  systemctl stop flux-agent@creative
  within 10 flux-agent status
}

credentials() {
  docs systemd 'Secrets as systemd credentials'
  equals "$(stat -c '%U %a' /etc/flux-agent/token /etc/flux-agent/rcon-password | sort -u)" 'root 600'
  within 20 server_is "$(server_id /etc/flux-agent/token)" online
  id=$(order_line "$(server_id /etc/flux-agent/token)" 'say from credentials')
  within 20 command_is "$id" completed
  systemctl reload flux-agent
  flux-agent reload
}
