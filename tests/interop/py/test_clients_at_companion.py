"""Two other SignalR clients (PyPI) as agents of flux-companion."""

import pytest

from agents import PySignalRAgent, SignalRCoreAgent, hello, report
from companion import Companion
from testbed import LIMIT_SECONDS

JOURNAL = "journal-py"


@pytest.fixture(params=[SignalRCoreAgent, PySignalRAgent], ids=["signalrcore", "pysignalr"])
def agent_class(request):
    return request.param


@pytest.fixture
def companion(testbed):
    return Companion(testbed)


def test_hello_an_order_and_its_report_go_through(companion, agent_class):
    with agent_class(companion.hub_url, companion.add_server(), JOURNAL) as agent:
        assert agent.call("Hello", hello(JOURNAL)).result["serverName"] == "Survival"
        companion.pay_for_diamonds("order-1", 5)
        command = agent.commands.get(timeout=LIMIT_SECONDS)
        assert command["values"]["quantity"] == "5"
        assert agent.call("Report", report(command, "completed")).result == {"acknowledged": [command["id"]]}
        assert companion.delivery("order-1") == "delivered"


def test_refused_call_is_an_error_and_the_session_stays(companion, agent_class):
    with agent_class(companion.hub_url, companion.add_server(), JOURNAL) as agent:
        assert agent.call("Dance", 1).error == "unknown method"
        assert agent.call("Report", 7).error
        assert agent.call("Hello", hello(JOURNAL)).result["protocolVersion"] == 1


def test_a_wrong_token_opens_nothing(companion, agent_class):
    with pytest.raises(Exception):
        with agent_class(companion.hub_url, companion.add_server() + "x", JOURNAL):
            pass
