// An RCON server with vanilla's wire behaviour: each read must be one request, or the connection is closed without an answer.

import { createServer } from "node:net";

const LOGIN = 3;
const COMMAND = 2;
const LOGIN_REPLY = 2;
const REPLY = 0;
const REFUSED = -1;
const REQUEST_READ_BYTES = 1460;
const REPLY_PIECE_UNITS = 4096;

/** Serves RCON on a free loopback port, and returns the port. `run` takes a line and promises its text; lines run one at a time. */
export function serveRcon(password, run) {
  let turn = Promise.resolve();
  const inTurn = (line) => (turn = turn.then(() => run(line)));
  const server = createServer((socket) => converse(socket, password, inTurn));
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

function converse(socket, password, run) {
  let loggedIn = false;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", async (read) => {
    const request = parse(read);
    if (!request) return socket.destroy();
    const { id, kind, body } = request;
    if (kind === LOGIN) {
      loggedIn = body === password;
      socket.write(packet(loggedIn ? id : REFUSED, LOGIN_REPLY, ""));
    } else if (kind === COMMAND && !loggedIn) {
      socket.write(packet(REFUSED, LOGIN_REPLY, ""));
    } else {
      const text = kind === COMMAND ? await run(body) : `Unknown request ${(kind >>> 0).toString(16)}`;
      for (const piece of pieces(text)) socket.write(packet(id, REPLY, piece));
    }
  });
}

function parse(read) {
  if (read.length < 14 || read.length > REQUEST_READ_BYTES || read.readInt32LE(0) !== read.length - 4) return undefined;
  return { id: read.readInt32LE(4), kind: read.readInt32LE(8), body: read.toString("utf8", 12).split("\0")[0] };
}

function packet(id, kind, body) {
  const bytes = Buffer.from(body, "utf8");
  const head = Buffer.alloc(12);
  [bytes.length + 10, id, kind].forEach((field, index) => head.writeInt32LE(field, index * 4));
  return Buffer.concat([head, bytes, Buffer.alloc(2)]);
}

/** Returns at least one part; the last may be full. */
function pieces(text) {
  const found = [];
  for (let at = 0; at === 0 || at < text.length; at += REPLY_PIECE_UNITS) found.push(text.slice(at, at + REPLY_PIECE_UNITS));
  return found;
}
