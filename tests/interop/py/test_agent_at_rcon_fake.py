"""flux-agent against another project's RCON server, rcon-fake."""

import socket
import sys
from pathlib import Path

import pytest

from fake_rcon import ANSWERS
from foreign_store import TOKEN
from testbed import RCON_PASSWORD, check_online, free_port, until

UNREACHABLE = 69
OTHER_PASSWORD = "not-this-password"


@pytest.fixture
def rcon_port(testbed):
    """The port of rcon-fake."""
    port = free_port()
    process, log = testbed.start("rcon-fake", sys.executable, Path(__file__).with_name("fake_rcon.py"), port, RCON_PASSWORD)

    def listening():
        assert process.poll() is None, f"rcon-fake ended: {log.read_text()}"
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    until("rcon-fake to listen", listening)
    return port


def without_a_store():
    return f"http://127.0.0.1:{free_port()}"


def test_check_reads_the_list(testbed, rcon_port):
    exit_code, output = check_online(testbed.agent_config(without_a_store(), TOKEN, rcon_port))
    assert output["game"] == f"ok RCON at 127.0.0.1:{rcon_port} accepts the password and answers"
    assert "1 of a max of 5" in ANSWERS["list"]
    assert output["presence"] == "ok 1 online, from `list`"
    assert output["store"].startswith("FAILED cannot reach")
    assert exit_code == UNREACHABLE


def test_check_reports_a_refused_password(testbed, rcon_port):
    config = testbed.agent_config(without_a_store(), TOKEN, rcon_port, rcon_password=OTHER_PASSWORD)
    exit_code, output = check_online(config)
    assert output["game"].startswith("FAILED the game refused the RCON password")
    assert OTHER_PASSWORD not in str(output)
    assert exit_code == UNREACHABLE
