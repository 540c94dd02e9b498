"""The companion as a process, and its HTTP API as a storefront calls it."""

import json
import subprocess
import urllib.request

from testbed import BINARIES, LIMIT_SECONDS, free_port, until

COMPANION = BINARIES / "flux-companion"


class Companion:
    """A companion that its testbed stops. `more` is YAML for its config."""

    def __init__(self, testbed, more=""):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.hub_url = f"{self.url}/hubs/agent"
        self._testbed = testbed
        self._config = testbed.folder / "companion.yml"
        self._config.touch(mode=0o600)
        self._configure(more)
        made = subprocess.run([COMPANION, "--config", self._config, "init"], capture_output=True, text=True, check=True)
        self._key = made.stdout.strip()
        self._start()

    def restart(self, more):
        """Restarts it with this in its config."""
        self._process.terminate()
        assert self._process.wait(LIMIT_SECONDS) == 0
        self._configure(more)
        self._start()

    def _configure(self, more):
        address = self.url.removeprefix("http://")
        self._config.write_text(f"listen: {address}\ndatabase: {self._testbed.folder / 'companion.db'}\n{more}")

    def _start(self):
        self._process, log = self._testbed.start("companion", COMPANION, "--config", self._config, "serve")

        def ready():
            assert self._process.poll() is None, f"flux-companion ended: {log.read_text()}"
            try:
                return urllib.request.urlopen(f"{self.url}/health/ready", timeout=LIMIT_SECONDS).status == 200
            except OSError:
                return False

        until("the companion to be ready", ready)

    def call(self, method, path, body=None):
        """Makes a call that must succeed, and returns its JSON."""
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
            return json.loads(answer.read() or b"null")

    def add_server(self):
        """Adds a server and returns its token."""
        return self.call("POST", "/servers", {"name": "Survival", "address": "mc.example.com:25565"})["token"]

    def pay_for_diamonds(self, order_id, quantity):
        """Pays an order of this many diamonds for Steve."""
        commands = [{"command": "give {player} diamond {quantity}", "servers": "all"}]
        package = {"name": "Diamonds", "price": 100, "currency": "EUR", "commands": commands}
        self.call("PUT", "/packages/diamonds", package)
        order = {
            "customer": {"id": "customer-1"},
            "player": {"name": "Steve"},
            "items": [{"packageId": "diamonds", "quantity": quantity}],
            "amount": 100 * quantity,
            "currency": "EUR",
            "status": "created",
        }
        self.call("PUT", f"/orders/{order_id}", order)
        self.call("POST", f"/orders/{order_id}/paid")

    def delivery(self, order_id):
        """An order's delivery, as the store shows it."""
        return self.call("GET", f"/orders/{order_id}")["delivery"]
