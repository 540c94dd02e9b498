"""The programs as processes, in a folder and on ports of each test."""

import itertools
import json
import os
import socket
import subprocess
import time
from pathlib import Path

BINARIES = Path(os.environ.get("FLUX_BIN") or Path(__file__).parents[3] / "target/debug")
RCON_PASSWORD = "interop-rcon-password"
LOOK_EVERY_SECONDS = 0.025
# The agent waits up to 15 s before it tries a lost game again.
LIMIT_SECONDS = 300


def until(what, look):
    """Polls `look` until it returns a value, and returns that. Fails after 30 s."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {LIMIT_SECONDS} s for {what}"
        time.sleep(LOOK_EVERY_SECONDS)
    return found


_ports = itertools.count()


def free_port():
    """A free port, below those of outgoing connections, so that no connection takes it meanwhile."""
    for number in _ports:
        try:
            with socket.create_server(("127.0.0.1", 10_000 + (os.getpid() * 16 + number) % 20_000)) as server:
                return server.getsockname()[1]
        except OSError:
            continue


class Testbed:
    """Starts programs, and ends them when the context is left."""

    def __init__(self, folder):
        self.folder = folder
        self._programs = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process, log in reversed(self._programs):
            process.kill()
            process.wait()
            # pytest shows this output with a failed test.
            print(f"--- {log.name}\n{log.read_text()}")

    def start(self, name, *command):
        """Starts a program; returns its process and its log file."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._programs.append((process, log))
        return process, log

    def start_game(self, *players, rcon_port=0, more=()):
        """Starts the sandbox's game with these players online."""
        arguments = ["--rcon", f"127.0.0.1:{rcon_port}", "--control", "127.0.0.1:0"]
        arguments += ["--password-file", self.secret("game-password", RCON_PASSWORD), *more]
        if players:
            arguments += ["--join", *players]
        process, log = self.start("game", BINARIES / "flux-sandbox", "game", *arguments)

        def ready():
            assert process.poll() is None, f"flux-sandbox ended: {log.read_text()}"
            return next((line for line in log.read_text().splitlines() if line.startswith("ready ")), None)

        addresses = dict(word.split("=") for word in until("the game to be ready", ready).split()[1:])
        return Game(port_of(addresses["rcon"]), port_of(addresses["control"]))

    def start_agent(self, store_url, token, rcon_port):
        """Starts the agent with a journal in the testbed's folder."""
        config = self.agent_config(store_url, token, rcon_port)
        return self.start("agent", BINARIES / "flux-agent", "--config", config, "run")

    def agent_config(self, store_url, token, rcon_port, rcon_password=RCON_PASSWORD):
        """Writes the agent's config and secrets; returns the config's path."""
        config = self.folder / "agent.yml"
        config.write_text(
            f"store:\n  url: {store_url}\n  token_file: {self.secret('token', token)}\n"
            f"rcon:\n  address: 127.0.0.1:{rcon_port}\n"
            f"  password_file: {self.secret('rcon-password', rcon_password)}\n"
            "presence:\n  interval: 1s\n  join_delay: 0s\n"
            f"state_dir: {self.folder / 'state'}\nruntime_dir: {self.folder / 'run'}\n"
        )
        return config

    def secret(self, name, text):
        """Writes a file that only its owner may read; the agent refuses other secret files."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path


class Game:
    """A running game: its RCON port, and the control port that shows the world."""

    def __init__(self, rcon_port, control_port):
        self.rcon_port = rcon_port
        self._control_port = control_port

    def ask(self, line):
        """Sends a line to the control port; returns its answer."""
        with socket.create_connection(("127.0.0.1", self._control_port), timeout=LIMIT_SECONDS) as control:
            control.sendall(f"{line}\n".encode())
            answer = json.loads(control.makefile().readline())
        assert "error" not in answer, f"{line}: {answer}"
        return answer

    def inventory(self, player):
        """A player's items and their counts."""
        return self.ask(f"inventory {player}")

    def effects(self):
        """The lines that took effect, in order."""
        return [effect["line"] for effect in self.ask("effects")["effects"]]


def check_online(config):
    """Runs `flux-agent check --online`; returns its exit code and the result of each part, with blanks folded."""
    command = [BINARIES / "flux-agent", "--config", config, "check", "--online"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    print(done.stdout, done.stderr, sep="\n")
    words = [line.split() for line in done.stdout.splitlines()]
    return done.returncode, {line[0]: " ".join(line[1:]) for line in words if line}


def port_of(address):
    return int(address.rpartition(":")[2])
