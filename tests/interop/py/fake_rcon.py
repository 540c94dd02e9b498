"""PyPI's rcon-fake as a program: `fake_rcon.py PORT PASSWORD`. Its threads never end, so it needs a process that can be killed."""

import sys

from rcon_fake import RCON

ANSWERS = {"list": "There are 1 of a max of 5 players online: Fakey"}

if __name__ == "__main__":
    server = RCON(host="127.0.0.1", port=int(sys.argv[1]), password=sys.argv[2])
    server.set_handler(ANSWERS.get)
    server.start(threading=False)
