// A companion for each test, with a fresh database, folder and port.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

export const BINARIES = process.env.FLUX_BIN || path.resolve(import.meta.dirname, "../../../target/debug");
const COMPANION = path.join(BINARIES, "flux-companion");
const LOOK_EVERY_MILLISECONDS = 25;
const LIMIT_MILLISECONDS = 300_000;

/** Polls `look` until it returns a truthy value, and returns that. The limit only stops a hanging test. */
export async function until(what, look) {
  const deadline = Date.now() + LIMIT_MILLISECONDS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${LIMIT_MILLISECONDS} ms for ${what}`);
    await pause(LOOK_EVERY_MILLISECONDS);
  }
}

/** Starts a companion that ends with the test `t`. */
export async function startStore(t) {
  const folder = await mkdtemp(path.join(tmpdir(), "flux-interop-"));
  const companion = new Companion(folder);
  t.after(() => companion.end(t));
  const address = `127.0.0.1:${await freePort()}`;
  await writeFile(companion.config, `listen: ${address}\ndatabase: ${path.join(folder, "companion.db")}\n`, { mode: 0o600 });
  const made = await promisify(execFile)(COMPANION, ["--config", companion.config, "init"]);
  await companion.serve(address);
  return new Store(companion, address, made.stdout.trim());
}

/** The process of a companion, and its folder. */
class Companion {
  #process;
  #exit;

  constructor(folder) {
    this.folder = folder;
    this.config = path.join(folder, "companion.yml");
  }

  /** Starts it, and waits until it is ready. */
  async serve(address) {
    const log = await open(this.#logFile, "a");
    this.#process = spawn(COMPANION, ["--config", this.config, "serve"], { stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    let ended = false;
    this.#exit = once(this.#process, "exit").finally(() => (ended = true));
    await until("the companion to be ready", async () => {
      if (ended) throw new Error(`flux-companion ended: ${await this.#log()}`);
      return fetch(`http://${address}/health/ready`).then((answer) => answer.ok, () => false);
    });
  }

  /** Sends the signal, and waits until the process has ended. */
  async kill(signal) {
    this.#process?.kill(signal);
    await this.#exit;
  }

  /** Ends it after the test; a failed test prints the log. */
  async end(t) {
    await this.kill("SIGKILL");
    if (!t.passed && this.#process) t.diagnostic(await this.#log());
    await rm(this.folder, { recursive: true, force: true });
  }

  get #logFile() {
    return path.join(this.folder, "companion.log");
  }

  #log() {
    return readFile(this.#logFile, "utf8");
  }
}

/** A free port. */
async function freePort() {
  // Below the ports of outgoing connections and apart from those of other test processes, so that the port is still free at a restart.
  for (;;) {
    const port = 10_000 + ((process.pid * 16 + asked++) % 20_000);
    const server = createServer();
    try {
      await Promise.all([once(server, "listening"), server.listen(port, "127.0.0.1")]);
    } catch {
      continue;
    }
    await once(server.close(), "close");
    return port;
  }
}

let asked = 0;

/** The companion's HTTP API as a storefront and an admin call it. */
class Store {
  #companion;
  #address;
  #key;

  constructor(companion, address, key) {
    this.#companion = companion;
    this.#address = address;
    this.#key = key;
    this.url = `http://${address}`;
  }

  /** Ends its process with that signal. */
  end(signal) {
    return this.#companion.kill(signal);
  }

  /** Starts it again, at the same address. */
  startAgain() {
    return this.#companion.serve(this.#address);
  }

  get hubUrl() {
    return `${this.url}/hubs/agent`;
  }

  /** Makes a call that must succeed, and returns its JSON. */
  async call(method, path, body) {
    const headers = { authorization: `Bearer ${this.#key}`, "content-type": "application/json" };
    const answer = await fetch(`${this.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Adds a server and returns it with its token. */
  addServer() {
    return this.call("POST", "/servers", { name: "Survival", address: "mc.example.com:25565" });
  }

  server(id) {
    return this.call("GET", `/servers/${id}`);
  }

  order(id) {
    return this.call("GET", `/orders/${id}`);
  }

  /** Pays an order of this many diamonds for Steve. */
  async payForDiamonds(orderId, quantity) {
    const template = { command: "give {player} diamond {quantity}", servers: "all" };
    await this.call("PUT", "/packages/diamonds", { name: "Diamonds", price: 100, currency: "EUR", commands: [template] });
    await this.call("PUT", `/orders/${orderId}`, {
      customer: { id: "customer-1" },
      player: { name: "Steve" },
      items: [{ packageId: "diamonds", quantity }],
      amount: 100 * quantity,
      currency: "EUR",
      status: "created",
    });
    return this.call("POST", `/orders/${orderId}/paid`);
  }
}
