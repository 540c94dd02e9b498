"""flux-agent against another project's SignalR server, aiosignalr."""

import re

import pytest

from foreign_store import TOKEN
from testbed import free_port, until


def diamonds(command_id, count, sequence=1):
    """A command of the protocol."""
    return {
        "id": command_id,
        "attempt": 1,
        "orderId": "order-1",
        "kind": "purchase",
        "player": {"name": "Steve"},
        "command": "give {player} diamond {quantity}",
        "values": {"quantity": str(count)},
        "requireOnline": True,
        "sequence": sequence,
        "redelivered": False,
    }


@pytest.fixture
def connected(store, testbed):
    """The store, and the game with Steve online, after the agent has sent Hello."""
    game = testbed.start_game("Steve")
    testbed.start_agent(store.url, TOKEN, game.rcon_port)
    until("Hello", lambda: store.hellos)
    return store, game


def test_hello_and_headers_have_the_journals_id(connected):
    store, _ = connected
    hello, headers = store.hellos[0]
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", hello["journalId"])
    assert headers["flux-journal"] == hello["journalId"]
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert hello["protocolVersion"] == 1
    assert hello["agentVersion"]
    until("the game's state", lambda: store.game_states[-1:] == ["online"])


def test_order_is_completed_once_the_game_is_up(store, testbed):
    rcon_port = free_port()
    testbed.start_agent(store.url, TOKEN, rcon_port)
    until("Hello", lambda: store.hellos)
    store.deliver(diamonds("cmd_1", 5))
    until("a report", lambda: store.reports)
    assert store.states("cmd_1") == ["delivered"]

    game = testbed.start_game("Steve", rcon_port=rcon_port)
    until("completed", lambda: "completed" in store.states("cmd_1"))
    assert store.states("cmd_1") == ["delivered", "completed"]
    assert game.inventory("Steve") == {"diamond": 5}
    assert store.reports[-1]["output"] == "Gave 5 [Diamond] to Steve"
    assert store.reports[-1]["attempt"] == 1


def test_repeated_delivery_is_reported_but_not_run(connected):
    store, game = connected
    store.deliver(diamonds("cmd_1", 5))
    until("completed", lambda: "completed" in store.states("cmd_1"))
    reported = len(store.reports)

    store.deliver(diamonds("cmd_1", 5), diamonds("cmd_2", 1, sequence=2))
    until("completed", lambda: "completed" in store.states("cmd_2"))
    until("cmd_1 again", lambda: any(report["id"] == "cmd_1" for report in store.reports[reported:]))
    assert store.states("cmd_1")[-1] == "completed"
    assert len(game.effects()) == 2
    assert game.inventory("Steve") == {"diamond": 6}


def test_revoke_of_an_unknown_id_stops_its_late_delivery(connected):
    store, game = connected
    store.revoke({"id": "cmd_1", "attempt": 1, "redelivered": False})
    until("a report", lambda: store.reports)
    assert store.states("cmd_1") == ["cancelled"]

    store.deliver(diamonds("cmd_1", 5), diamonds("cmd_2", 1, sequence=2))
    until("completed", lambda: "completed" in store.states("cmd_2"))
    until("cmd_1 again", lambda: [report["id"] for report in store.reports].count("cmd_1") > 1)
    assert store.states("cmd_1") == ["cancelled"]
    assert game.inventory("Steve") == {"diamond": 1}


def test_closed_session_is_reopened_with_the_same_journal(connected):
    store, game = connected
    store.hang_up()
    until("the next Hello", lambda: len(store.hellos) > 1)
    first, second = (hello for hello, _ in store.hellos)
    assert second["journalId"] == first["journalId"]
    store.deliver(diamonds("cmd_1", 5))
    until("completed", lambda: "completed" in store.states("cmd_1"))
    assert game.inventory("Steve") == {"diamond": 5}
