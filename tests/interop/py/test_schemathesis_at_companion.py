"""schemathesis against flux-companion: no input may cause a 500, or an answer outside the OpenAPI document."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from testbed import BINARIES, free_port, until

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
    "use_after_free",
]
EXAMPLES = 40
# A run takes about 15 s.
LIMIT_SECONDS = 1800


@pytest.fixture
def companion(testbed):
    """A companion with a server, a package and a paid order: its address, an admin key, and the server's token."""
    port = free_port()
    config = testbed.folder / "companion.yml"
    # schemathesis sends many requests at once with one key, and many without one.
    limits = "limits: {requests_per_second: 100000, wrong_keys_per_minute: 1000000}"
    config.write_text(f"listen: 127.0.0.1:{port}\ndatabase: companion.db\n{limits}\n")
    program = [BINARIES / "flux-companion", "--config", config]
    key = subprocess.check_output([*program, "init"], text=True).strip()
    testbed.start("companion", *program, "serve")
    url = f"http://127.0.0.1:{port}"

    def call(method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{url}{path}", data, {"Authorization": f"Bearer {key}"}, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def ready():
        try:
            return call("GET", "/health/ready")
        except OSError:
            return None

    until("the companion to be ready", ready)
    server = call("POST", "/api/v1/servers", {"name": "Survival", "address": "mc.example.com"})
    package = {"name": "VIP", "price": 499, "currency": "EUR", "commands": [{"command": "say hi"}]}
    call("PUT", "/api/v1/packages/vip", package)
    items = [{"packageId": "vip", "quantity": 1}]
    order = {"customer": {"id": "c1"}, "player": {"name": "Steve"}, "items": items, "amount": 499}
    call("PUT", "/api/v1/orders/o1", {**order, "currency": "EUR", "status": "paid"})
    return url, key, server["token"]


def run(folder, url, secret, *more):
    """Runs schemathesis with this bearer token, with its files in this folder. Fails with its findings."""
    command = [SCHEMATHESIS, "run", f"{url}/openapi.json", "--header", f"Authorization: Bearer {secret}"]
    command += ["--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), "--seed", "1"]
    command += ["--continue-on-failure", "--no-color", "--warnings", "off", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def test_answers_to_a_storefront_match_the_document(companion, tmp_path):
    url, key, _ = companion
    run(tmp_path, url, key, "--exclude-path-regex", "^/api/v1/agent/")


def test_answers_to_an_agent_match_the_document(companion, tmp_path):
    url, _, token = companion
    run(tmp_path, url, token, "--include-path-regex", "^/api/v1/agent/", "--header", "Flux-Journal: journal-1")
