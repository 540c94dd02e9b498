"""The store's side of the protocol on another project's SignalR server, the PyPI package aiosignalr."""

import asyncio
import threading
from datetime import datetime, timezone

from aiosignalr.server import Hub, SignalRServer, aiohttp_server

SERVER_ID = "srv_interop00001"
TOKEN = f"{SERVER_ID}.InteropInteropInteropInterop1234"
HUB_PATH = "/hubs/agent"
STOP_SECONDS = 10


async def _send_text(self, data):
    await self._ws.send_str(data.decode())


# aiosignalr sends JSON in binary frames. SignalR's JSON is text, and the official clients accept only text.
aiohttp_server._AiohttpSocket.send_bytes = _send_text


class _AgentHub(Hub):
    """The hub methods of the protocol by their names. aiosignalr keeps a result only if the annotation promises one."""

    store: "ForeignStore"

    async def Hello(self, hello: dict) -> dict:
        self.store.caller, self.store.context = self.clients.caller, self.context
        self.store.hellos.append((hello, self.context.http_headers))
        now = datetime.now(timezone.utc).isoformat()
        return {"serverId": SERVER_ID, "serverName": "Survival", "protocolVersion": 1, "now": now}

    async def Report(self, reports: list) -> dict:
        self.store.reports.extend(reports)
        return {"acknowledged": [report["id"] for report in reports]}

    async def PlayerJoined(self, player: dict) -> None:
        pass

    async def GameStatus(self, status: dict) -> None:
        self.store.game_states.append(status["state"])


class ForeignStore:
    """Runs on its own thread. It has no REST API: every such call is answered 404."""

    def __init__(self):
        # The agent's messages, oldest first; each hello comes with the headers of its connection.
        self.hellos, self.reports, self.game_states = [], [], []
        self.caller = self.context = None
        self.url = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server = SignalRServer(type("AgentHub", (_AgentHub,), {"store": self}))

    def __enter__(self):
        self._thread.start()
        host, port = self._run(self._server.serve("127.0.0.1", 0, path=HUB_PATH))
        self.url = f"http://{host}:{port}"
        return self

    def __exit__(self, *_):
        self._run(self._server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def deliver(self, *commands):
        """Sends `Deliver` to the agent of the last Hello."""
        self._run(self.caller.send("Deliver", list(commands)))

    def revoke(self, *revocations):
        """Sends `Revoke` to the agent of the last Hello."""
        self._run(self.caller.send("Revoke", list(revocations)))

    def hang_up(self):
        """Closes the session's socket."""
        self._run(self.context.close())

    def states(self, command_id):
        """The reported states of a command, oldest first, without repetitions."""
        states = [report["status"] for report in self.reports if report["id"] == command_id]
        return [state for at, state in enumerate(states) if at == 0 or states[at - 1] != state]

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(STOP_SECONDS)
