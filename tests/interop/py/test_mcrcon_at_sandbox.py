"""The PyPI client mcrcon against the sandbox's game."""

import pytest
from mcrcon import MCRcon, MCRconException

from testbed import RCON_PASSWORD

PACKET_CHARACTERS = 4096


def connect(game, password=RCON_PASSWORD):
    return MCRcon("127.0.0.1", password, game.rcon_port)


def test_list_and_give_are_answered_as_vanilla_does(testbed):
    game = testbed.start_game("Steve", "Alex")
    with connect(game) as client:
        assert client.command("list") == "There are 2 of a max of 20 players online: Steve, Alex"
        assert client.command("give Steve diamond 3") == "Gave 3 [Diamond] to Steve"
        assert client.command("give Herobrine diamond") == "No player was found"
    assert game.inventory("Steve") == {"diamond": 3}


def test_a_wrong_password_is_refused_and_nothing_runs(testbed):
    game = testbed.start_game("Steve")
    client = connect(game, "wrong")
    with pytest.raises(MCRconException, match="Login failed"):
        client.connect()
    with pytest.raises(MCRconException, match="Login failed"):
        client.command("give Steve diamond")
    client.disconnect()
    assert game.ask("lines") == []
    assert game.inventory("Steve") == {}


def test_a_reply_of_several_packets_is_whole(testbed):
    names = [f"Player_number_{number:02}" for number in range(100)] + [f"Another_one_{number:04}" for number in range(500)]
    game = testbed.start_game(*names, more=["--max-players", str(len(names))])
    expected = f"There are {len(names)} of a max of {len(names)} players online: {', '.join(names)}"
    assert len(expected) > 2 * PACKET_CHARACTERS
    with connect(game) as client:
        text = client.command("list")
        # mcrcon takes an answer as complete when no more bytes are there yet; it reads the rest with the next command's answer,
        # and the answer to `say` is empty.
        for _ in range(len(expected) // PACKET_CHARACTERS):
            if len(text) < len(expected):
                text += client.command("say more")
        assert text == expected
