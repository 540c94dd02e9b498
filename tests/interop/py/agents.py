"""Agents on two other SignalR clients, with the same methods on each."""

import asyncio
import queue
import threading
from datetime import datetime, timezone

from pysignalr.client import SignalRClient
from signalrcore.hub_connection_builder import HubConnectionBuilder

from testbed import LIMIT_SECONDS, until


class SignalRCoreAgent:
    """An agent on signalrcore, which gets its token from a factory and runs callbacks on its own threads."""

    def __init__(self, hub_url, token, journal):
        self.commands = queue.Queue()
        self.opened = threading.Event()
        options = {"access_token_factory": lambda: token, "headers": {"Flux-Journal": journal}}
        self._hub = HubConnectionBuilder().with_url(hub_url, options=options).build()
        self._answers = queue.Queue()
        self._hub.on_open(self.opened.set)
        self._hub.on_error(self._answers.put)
        self._hub.on("Deliver", lambda arguments: [self.commands.put(command) for command in arguments[0]])

    def __enter__(self):
        self._hub.start()
        assert self.opened.wait(LIMIT_SECONDS), "the hub did not open"
        return self

    def __exit__(self, *_):
        # The client waits up to 15 s for the server's next message; the test does not wait for it.
        threading.Thread(target=self._hub.stop, daemon=True).start()

    def call(self, method, argument):
        """The completion of a call."""
        self._hub.invoke(method, [argument], on_invocation=self._answers.put)
        return self._answers.get(timeout=LIMIT_SECONDS)


class PySignalRAgent:
    """An agent on pysignalr, whose loop runs on its own thread. Its token factory does not apply to the negotiation, so
    the header has the token as well."""

    def __init__(self, hub_url, token, journal):
        self.commands = queue.Queue()
        self.opened = threading.Event()
        headers = {"Authorization": f"Bearer {token}", "Flux-Journal": journal}
        self._hub = SignalRClient(hub_url, headers=headers, access_token_factory=lambda: token)
        self._hub.on_open(self._on_open)
        self._hub.on_error(self._on_error)
        self._hub.on("Deliver", self._on_deliver)
        self._answers = queue.Queue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    async def _on_open(self):
        self.opened.set()

    async def _on_error(self, completion):
        self._answers.put(completion)

    async def _on_answer(self, completion):
        # Errors arrive here as well.
        if not completion.error:
            self._answers.put(completion)

    async def _on_deliver(self, arguments):
        for command in arguments[0]:
            self.commands.put(command)

    def __enter__(self):
        self._thread.start()
        self._run = asyncio.run_coroutine_threadsafe(self._hub.run(), self._loop)
        until("the hub to open", lambda: self.opened.is_set() or self._run.done())
        assert self.opened.is_set(), self._run.exception()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(LIMIT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _end(self):
        self._run.cancel()
        # Its generators finish in tasks of their own.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.wait(others)

    def call(self, method, argument):
        """The completion of a call."""
        sent = self._hub.send(method, [argument], on_invocation=self._on_answer)
        asyncio.run_coroutine_threadsafe(sent, self._loop).result(LIMIT_SECONDS)
        return self._answers.get(timeout=LIMIT_SECONDS)


def hello(journal):
    return {
        "agentVersion": "0.0.0-interop",
        "protocolVersion": 1,
        "journalId": journal,
        "hostname": "interop-host",
        "gameState": "unknown",
    }


def report(command, status):
    at = datetime.now(timezone.utc).isoformat()
    return [{"id": command["id"], "attempt": command["attempt"], "status": status, "at": at}]
