# shellcheck shell=bash
sentences='
nginx_carries_sessions the nginx example, as it stands, carries the agent'"'"'s WebSocket and its polls over TLS, and hides what is private
caddy_carries_sessions the same of the Caddy example
compose_configs        the configs of compose.yml are valid
'

nginx_carries_sessions() {
  live=/etc/letsencrypt/live/store.example.com
  mkdir -p "$live"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=store.example.com \
    -addext subjectAltName=DNS:store.example.com -addext basicConstraints=critical,CA:FALSE -keyout "$live/privkey.pem" -out "$live/fullchain.pem"
  cp /share/packaging/proxy/nginx.conf /etc/nginx/conf.d/flux-companion.conf
  nginx -t
  systemctl start nginx
  echo '127.0.0.1 store.example.com' >>/etc/hosts
  install -m 644 "$live/fullchain.pem" /etc/flux-agent/ca.pem
  sed -i 's|http://127.0.0.1:8787|https://store.example.com|; s|^  # ca_file:.*|  ca_file: /etc/flux-agent/ca.pem|' /etc/flux-agent/config.yml
  systemctl restart flux-agent
  server=$(server_id /etc/flux-agent/token)
  within 30 server_is "$server" online
  id=$(order_line "$server" 'say through nginx')
  within 20 command_is "$id" completed
  agent_says .store.session connected
  # nginx logs the 101 when the session ends.
  systemctl restart flux-agent
  within 10 grep -E ' GET /hubs/agent 101 ' /var/log/nginx/flux-companion.log
  equals "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$live/fullchain.pem" https://store.example.com/health/ready)" 404
  equals "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://store.example.com/r/CODE)" '308 https://store.example.com/r/CODE'
}

# As with nginx, the agent uses the same name for the store. Only the source of the certificate differs.
caddy_carries_sessions() {
  systemctl stop nginx
  { printf '{\n\tlocal_certs\n\tskip_install_trust\n}\n'; cat /share/packaging/proxy/Caddyfile; } >/etc/caddy/Caddyfile
  caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile
  # This Debian does not resolve `localhost`, and has no DNS server.
  echo '127.0.0.1 localhost' >>/etc/hosts
  systemctl start caddy
  authority=/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt
  within 20 test -s "$authority"
  install -m 644 "$authority" /etc/flux-agent/ca.pem
  systemctl restart flux-agent
  server=$(server_id /etc/flux-agent/token)
  within 30 server_is "$server" online
  id=$(order_line "$server" 'say through caddy')
  within 20 command_is "$id" completed
  agent_says .store.session connected
  equals "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$authority" https://store.example.com/health/ready)" 404
  equals "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$authority" https://store.example.com/r/nobody-CODE)" 404
  systemctl stop caddy
  systemctl start nginx
  install -m 644 /etc/letsencrypt/live/store.example.com/fullchain.pem /etc/flux-agent/ca.pem
  systemctl restart flux-agent
  within 30 server_is "$server" online
}

compose_configs() {
  install -d -m 755 /run/secrets
  install -m 600 /etc/flux-agent/token /run/secrets/token
  install -m 600 /root/game-password /run/secrets/rcon-password
  flux-agent --config /share/packaging/compose/agent.yml check
  install -m 644 /share/packaging/compose/companion.yml /root/companion.yml
  flux-companion --config /root/companion.yml check
}
