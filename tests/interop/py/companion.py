"""Our companion as a process, and its HTTP API as a storefront calls it."""

import json
import subprocess
import urllib.request

from stage import BINARIES, LIMIT_SECONDS, free_port, until

COMPANION = BINARIES / "flux-companion"


class Companion:
    """Runs in a stage, which ends it. `more` is YAML for its config."""

    def __init__(self, stage, more=""):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.hub_url = f"{self.url}/hubs/agent"
        config = stage.folder / "companion.yml"
        config.touch(mode=0o600)
        address = self.url.removeprefix("http://")
        config.write_text(f"listen: {address}\ndatabase: {stage.folder / 'companion.db'}\n{more}")
        made = subprocess.run([COMPANION, "--config", config, "init"], capture_output=True, text=True, check=True)
        self._key = made.stdout.strip()
        process, log = stage.start("companion", COMPANION, "--config", config, "serve")

        def ready():
            assert process.poll() is None, f"flux-companion ended: {log.read_text()}"
            try:
                return urllib.request.urlopen(f"{self.url}/health/ready", timeout=LIMIT_SECONDS).status == 200
            except OSError:
                return False

        until("the companion to be ready", ready)

    def call(self, method, path, body=None):
        """A call that must succeed; its JSON."""
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
            return json.loads(answer.read() or b"null")

    def add_server(self):
        """A server's token."""
        return self.call("POST", "/servers", {"name": "Survival", "address": "mc.example.com:25565"})["token"]

    def pay_for_diamonds(self, order_id, quantity):
        """Puts an order of so many diamonds for Steve, and says that it is paid."""
        commands = [{"command": "give {player} diamond {quantity}"}]
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
