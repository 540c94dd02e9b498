// The official client's automatic reconnect, when the store ends and comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HubConnectionState } from "@microsoft/signalr";
import { connect } from "./agent.js";
import { startStore, until } from "./store.js";

/** Restarts the store of a connected agent. */
async function overARestart(t, signal) {
  const store = await startStore(t);
  const server = await store.addServer();
  const agent = await connect(t, store, server.token);
  const before = agent.connection.connectionId;
  await store.end(signal);
  await until("the client to notice", () => agent.reconnects === 1);
  await store.startAgain();
  // The client tries after 0, 2, 10 and 30 s, and then gives up.
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
  // The call is answered or fails, depending on timing; it never hangs.
  const outcome = await pending;
  assert.ok(outcome instanceof Error || outcome.acknowledged);
});
