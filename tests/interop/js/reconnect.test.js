// The official client's automatic reconnect, over a store that ends and comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HubConnectionState } from "@microsoft/signalr";
import { connect } from "./agent.js";
import { startStore, until } from "./store.js";

/** Agent, session and all, until the store has ended and is back. */
async function overARestart(t, signal) {
  const store = await startStore(t);
  const server = await store.addServer();
  const agent = await connect(t, store, server.token);
  const before = agent.connection.connectionId;
  await store.end(signal);
  await until("the client to notice", () => agent.reconnects === 1);
  await store.startAgain();
  // It tries after 0, 2, 10 and 30 s, and then never again.
  await until("the client to be back", () => agent.connection.state === HubConnectionState.Connected);
  assert.notEqual(agent.connection.connectionId, before, "a reconnect is a new negotiation");
  assert.equal(agent.closeError, undefined);
  return { store, agent };
}

for (const signal of ["SIGKILL", "SIGTERM"]) {
  test(`the automatic reconnect finds the store again after ${signal}, and deliveries go on`, async (t) => {
    const { store, agent } = await overARestart(t, signal);
    await agent.hello();
    await store.payForDiamonds("order-1", 5);
    const command = await agent.command();
    assert.deepEqual(await agent.report(command, "completed"), { acknowledged: [command.id] });
    assert.equal((await store.order("order-1")).delivery, "delivered");
  });
}

test("a call that is pending when the store is killed fails at once", async (t) => {
  const store = await startStore(t);
  const server = await store.addServer();
  const agent = await connect(t, store, server.token);
  const pending = agent.report({ id: "cmd_unknown", attempt: 1 }, "cancelled").catch((error) => error);
  await store.end("SIGKILL");
  // Answered or lost, depending on who was faster; never left hanging.
  const outcome = await pending;
  assert.ok(outcome instanceof Error || outcome.acknowledged);
});
