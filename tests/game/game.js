// Helpers that control the real game, its players, and the agent.

import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mineflayer from "mineflayer";
import { until } from "../interop/js/store.js";

const BINARIES = process.env.FLUX_BIN || path.resolve(import.meta.dirname, "../../target/debug");
const RCON_PASSWORD = "a-real-games-password";

/** Starts a game that ends with the test `t`. */
export async function startGame(t) {
  const folder = await mkdtemp(path.join(tmpdir(), "flux-game-"));
  const log = await open(path.join(folder, "game.log"), "a");
  const child = fork(path.join(import.meta.dirname, "squid.js"), [folder, RCON_PASSWORD], { stdio: ["ignore", log.fd, log.fd, "ipc"] });
  const game = new Game(folder, child);
  t.after(() => game.end(t));
  await log.close();
  await until("the game to be ready", () => game.ready || game.ended);
  if (game.ended) throw new Error(`the game ended: ${await game.log()}`);
  return game;
}

class Game {
  ready = undefined;
  ended = false;
  /** The lines that came over RCON, in order. */
  lines = [];
  /** The players who have left, in order. */
  left = [];
  #child;
  #agent;

  constructor(folder, child) {
    this.folder = folder;
    this.#child = child;
    child.on("exit", () => (this.ended = true));
    child.on("message", ({ ready, line, left }) => {
      if (ready) this.ready = ready;
      if (line !== undefined) this.lines.push(line);
      if (left !== undefined) this.left.push(left);
    });
  }

  /** Holds back the answer after this many more `give`s, which blocks the agent. Returns the function that releases it. */
  holdAfter(gives) {
    this.#child.send({ holdAfter: gives });
    return () => this.#child.send({});
  }

  log(name = "game.log") {
    return readFile(path.join(this.folder, name), "utf8");
  }

  /** Ends the agent and the game; a failed test prints both logs. */
  async end(t) {
    await this.#agent?.end();
    if (!this.ended) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    if (!t.passed) t.diagnostic(await this.log());
    if (!t.passed && this.#agent) t.diagnostic(await this.log("agent.log"));
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Starts an agent between a store's server and this game, and waits until the store shows it online. */
  async startAgent(store, server) {
    this.#agent = new Agent();
    await this.#agent.start(store, server.token, this);
    await until("the server to be online", async () => (await store.server(server.id)).status === "online");
  }

  /** Lets a player join, who leaves with the test. */
  async join(t, username) {
    const bot = mineflayer.createBot({ host: "127.0.0.1", port: this.ready.gamePort, username, version: "1.21.4", auth: "offline" });
    t.after(() => bot.end());
    let spawned = false;
    let trouble;
    bot.once("spawn", () => (spawned = true));
    bot.on("error", (error) => (trouble = error));
    bot.on("kicked", (reason) => (trouble = new Error(`kicked: ${JSON.stringify(reason)}`)));
    await until(`${username} to join`, () => {
      if (trouble) throw trouble;
      return spawned;
    });
    return new Player(this, bot);
  }
}

class Player {
  #game;
  #bot;

  constructor(game, bot) {
    this.#game = game;
    this.#bot = bot;
  }

  get uuid() {
    return this.#bot._client.uuid;
  }

  /** The number of an item in the player's own inventory. */
  count(item) {
    const stacks = this.#bot.inventory.items().filter(({ name }) => name === item);
    return stacks.reduce((sum, { count }) => sum + count, 0);
  }

  async has(item, count) {
    await until(`${this.#bot.username} having ${count} ${item}`, () => this.count(item) === count);
  }

  /** Leaves, and waits until the game has noticed. */
  async leave() {
    const before = this.#game.left.length;
    this.#bot.quit();
    await until(`${this.#bot.username} to leave`, () => this.#game.left.slice(before).includes(this.#bot.username));
  }
}

/** An agent between a store and the game; it ends with the game. */
class Agent {
  #process;
  #exit;

  async start(store, token, game) {
    const file = (name) => path.join(game.folder, name);
    const secret = (name, text) => writeFile(file(name), text, { mode: 0o600 });
    await secret("token", token);
    await secret("rcon-password", RCON_PASSWORD);
    await writeFile(
      file("agent.yml"),
      `store:\n  url: ${store.url}\n  token_file: ${file("token")}\n` +
        `rcon:\n  address: 127.0.0.1:${game.ready.rconPort}\n  password_file: ${file("rcon-password")}\n` +
        `presence:\n  interval: 1s\n  join_delay: 0s\nstate_dir: ${file("state")}\nruntime_dir: ${file("run")}\n`,
    );
    const log = await open(file("agent.log"), "a");
    const command = ["--config", file("agent.yml"), "run"];
    this.#process = spawn(path.join(BINARIES, "flux-agent"), command, { stdio: ["ignore", log.fd, log.fd] });
    this.#exit = once(this.#process, "exit");
    await log.close();
  }

  async end() {
    this.#process.kill("SIGKILL");
    await this.#exit;
  }
}
