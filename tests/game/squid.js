// A flying-squid server with RCON, in its own process because an uncaught exception ends it. The parent sends the settings,
// gets `ready` with both ports, and can hold back the next answers to `give`.

import { mkdir } from "node:fs/promises";
import path from "node:path";
import squid from "flying-squid";
import { vanillaConsole } from "./commands.js";
import { serveRcon } from "./rcon.js";

const VERSION = "1.21.4";
const MAX_PLAYERS = 20;

const [folder, password] = process.argv.slice(2);
process.chdir(folder);
// flying-squid logs into this folder and does not create it.
await mkdir("logs", { recursive: true });

const game = squid.createMCServer({
  "host": "127.0.0.1",
  "port": 0,
  "version": VERSION,
  "online-mode": false,
  "motd": "flux",
  "max-players": MAX_PLAYERS,
  "logging": true,
  "gameMode": 0,
  "difficulty": 0,
  "generation": { name: "superflat", options: {} },
  "worldFolder": path.join(folder, "world"),
  "kickTimeout": 10_000,
  "plugins": {},
  "modpe": false,
  "view-distance": 2,
  // Without it, every login crashes.
  "player-list-text": { header: { text: "" }, footer: { text: "" } },
  "everybody-op": false,
  "max-entities": 100,
});
// A client that disconnects is normal, so it is not logged.
game.on("error", (error) => console.error(error));

/** The players in the game, as vanilla's list shows them: not yet during the login. */
const spawned = new Set();
game.on("newPlayer", (player) => {
  player.once("spawned", () => spawned.add(player));
  player.once("disconnected", () => {
    spawned.delete(player);
    process.send({ left: player.username });
  });
});

/** After this many more `give`s, the answer waits for the parent. */
let held = { after: 0, released: Promise.resolve(), release: () => {} };
process.on("message", ({ holdAfter }) => {
  if (holdAfter === undefined) return held.release();
  let release;
  const released = new Promise((resolve) => (release = resolve));
  held = { after: holdAfter, released, release };
});

const run = vanillaConsole({
  maxPlayers: MAX_PLAYERS,
  players: () => [...spawned],
  // One at a time: with a count, the game adds texts ("1" and "1" are "11").
  give: (player, item) => game.commands.use(`give ${player.username} ${item}`),
  onGive: async () => {
    held.after -= 1;
    if (held.after === 0) await held.released;
  },
});

await game.waitForReady(60_000);
const rconPort = await serveRcon(password, (line) => {
  process.send({ line });
  return run(line);
});
process.send({ ready: { gamePort: game.listeningPort, rconPort } });
