// Login and end of a session, with the official client as the agent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HubConnectionState } from "@microsoft/signalr";
import { Agent, connect } from "./agent.js";
import { startStore, until } from "./store.js";

async function withAServer(t) {
  const store = await startStore(t);
  return { store, server: await store.addServer() };
}

const isRejected = (error) => /Status code '401'/.test(error.message);

/** Checks that the session is alive, with another call: a report of an unknown id is acknowledged (rule 3). */
async function isAlive(agent) {
  assert.deepEqual(await agent.report({ id: "cmd_unknown", attempt: 1 }, "cancelled"), { acknowledged: ["cmd_unknown"] });
  assert.equal(agent.connection.state, HubConnectionState.Connected);
  assert.equal(agent.reconnects, 0);
}

test("Hello is answered with the welcome, and GameStatus is shown", async (t) => {
  const { store, server } = await withAServer(t);
  const earliest = Date.now();
  const { now, ...welcome } = (await connect(t, store, server.token)).welcome;
  const { storeEpoch, ...known } = welcome;
  assert.match(storeEpoch, /^[0-9a-f]{32}$/);
  assert.deepEqual(known, { serverId: server.id, serverName: "Survival", protocolVersion: 1 });
  assert.match(now, /Z$/);
  assert.ok(earliest - 1 <= Date.parse(now) && Date.parse(now) <= Date.now() + 1);
  const shown = await store.server(server.id);
  assert.deepEqual([shown.status, shown.agentVersion], ["online", "0.0.0-interop"]);
});

test("GameStatus needs no answer, and the store shows it", async (t) => {
  const { store, server } = await withAServer(t);
  const agent = await connect(t, store, server.token);
  await agent.connection.send("GameStatus", { state: "online", players: 3 });
  await until("the game's state", async () => (await store.server(server.id)).gameState === "online");
  assert.equal((await store.server(server.id)).players, 3);
  await isAlive(agent);
});

test("a wrong token is 401", async (t) => {
  const { store, server } = await withAServer(t);
  const last = server.token.at(-1) === "x" ? "y" : "x";
  await assert.rejects(new Agent(t, store, server.token.slice(0, -1) + last).start(), isRejected);
  await assert.rejects(new Agent(t, store, "").start(), isRejected);
});

test("a new token ends the session for good, the old one is 401, and the new one works", async (t) => {
  const { store, server } = await withAServer(t);
  const agent = await connect(t, store, server.token);
  const { token } = await store.call("POST", `/servers/${server.id}/token`);
  assert.notEqual(token, server.token);

  await until("the session to end", () => agent.closeError !== undefined);
  assert.match(agent.closeError.message, /token_revoked:/);
  assert.equal(agent.reconnects, 0, "the Close allows no reconnect");
  await assert.rejects(agent.start(), isRejected);

  const next = await connect(t, store, token, { journal: agent.journal });
  assert.equal(next.welcome.serverId, server.id);
});

test("a second journal is refused with the first one's hostname, and the first session stays", async (t) => {
  const { store, server } = await withAServer(t);
  const first = await connect(t, store, server.token, { hostname: "mc-1" });
  const second = new Agent(t, store, server.token, { hostname: "mc-2" });
  await second.start();
  await assert.rejects(second.hello(), (error) => {
    assert.match(error.message, /^already_connected: .*mc-1/);
    return true;
  });
  await isAlive(first);
});

test("the same journal again replaces the older session at once", async (t) => {
  const { store, server } = await withAServer(t);
  const first = await connect(t, store, server.token);
  // The older client would reconnect and replace the newer one in turn.
  first.connection.onreconnecting(() => first.connection.stop());
  const second = await connect(t, store, server.token, { journal: first.journal });
  await until("the older session to end", () => first.reconnects > 0);
  await isAlive(second);
});

test("an unknown hub method is an error, and the session stays", async (t) => {
  const { store, server } = await withAServer(t);
  const agent = await connect(t, store, server.token);
  await assert.rejects(agent.connection.invoke("Dance", 1, "two"), Error);
  await assert.rejects(agent.connection.invoke("Report"), Error, "no argument where there must be one");
  await assert.rejects(agent.connection.invoke("PlayerJoined", 7), Error, "a number for a player");
  const streamed = new Promise((resolve, reject) => {
    agent.connection.stream("Report").subscribe({ next: resolve, complete: resolve, error: reject });
  });
  await assert.rejects(streamed, Error, "a stream of what is no stream");
  await isAlive(agent);
});

test("a call before Hello is refused, and Hello goes through after it", async (t) => {
  const { store, server } = await withAServer(t);
  const agent = new Agent(t, store, server.token);
  await agent.start();
  await assert.rejects(agent.report({ id: "cmd_unknown", attempt: 1 }, "cancelled"), Error);
  await agent.hello();
  await isAlive(agent);
});
