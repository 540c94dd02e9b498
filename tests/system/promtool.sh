#!/bin/sh
# Checks the alert rules with their own tests, that every metric in rules and dashboard exists, and that the agent's metrics are well-formed.
# Uses the promtool of this machine, or unpacks Debian's prometheus package without installing it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
monitoring=$root/packaging/monitoring
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if command -v promtool >/dev/null 2>&1; then
  promtool=promtool
else
  (cd "$folder" && apt-get download -q prometheus >/dev/null && dpkg-deb -x prometheus_*.deb .)
  promtool=$folder/usr/bin/promtool
fi

"$promtool" check rules "$monitoring/flux-agent.rules.yml"
"$promtool" test rules "$monitoring/flux-agent.rules.test.yml"

# A metrics page of a running agent, from the end-to-end test.
FLUX_METRICS_SAMPLE=$folder/metrics "${CARGO:-cargo}" test --quiet -p flux-tests --test end_to_end metrics_and_health >/dev/null
"$promtool" check metrics <"$folder/metrics"

known=$(sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$folder/metrics")
missing=0
for name in $(grep -oh 'flux_agent_[a-z_]*' "$monitoring"/flux-agent.rules.yml "$monitoring"/grafana-dashboard.json | sort -u); do
  base=${name%_bucket}
  if ! printf '%s\n' "$known" | grep -qx "$base"; then
    echo "the agent has no metric $name"
    missing=1
  fi
done
exit $missing
