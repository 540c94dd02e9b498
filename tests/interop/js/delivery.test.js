// Offers, reports and revokes of a command, with the official client as the agent.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "./agent.js";
import { startStore, until } from "./store.js";

const RETRY_DELAY_MILLISECONDS = 30_000;

/** A store, its server's agent, and a paid order's one command, which has reached the agent. */
async function withACommand(t) {
  const store = await startStore(t);
  const server = await store.addServer();
  const agent = await connect(t, store, server.token);
  await store.payForDiamonds("order-1", 5);
  const command = await agent.command();
  return { store, server, agent, command };
}

/** The order's one command as the store shows it. */
async function shown(store) {
  const { commands } = await store.order("order-1");
  assert.equal(commands.length, 1);
  return commands[0];
}

test("a paid order is delivered, reported as delivered and completed, and shown as delivered", async (t) => {
  const { store, agent, command } = await withACommand(t);
  const { id, sequence, values, ...rest } = command;
  assert.match(id, /^cmd_[a-z0-9]{26}$/i);
  assert.ok(Number.isSafeInteger(sequence));
  assert.equal(values.quantity, "5");
  assert.equal(rest.attempt, 1);
  assert.equal(rest.orderId, "order-1");
  assert.equal(rest.kind, "purchase");
  assert.equal(rest.player.name, "Steve");
  assert.equal(rest.command, "give {player} diamond {quantity}", "the agent alone fills templates in");
  assert.equal(rest.requireOnline, true);
  assert.equal(rest.redelivered, false);

  assert.equal((await shown(store)).status, "pending", "delivered is the agent's word");
  assert.deepEqual(await agent.report(command, "delivered"), { acknowledged: [id] });
  assert.equal((await shown(store)).status, "delivered");
  assert.equal((await store.order("order-1")).delivery, "queued");

  const output = "Gave 5 [Diamond] to Steve";
  assert.deepEqual(await agent.report(command, "completed", { output }), { acknowledged: [id] });
  assert.equal((await store.order("order-1")).delivery, "delivered");
  const after = await shown(store);
  assert.deepEqual([after.status, after.attempt, after.output], ["completed", 1, output]);
});

test("a refund revokes the agent's command, and the agent's report cancels it", async (t) => {
  const { store, agent, command } = await withACommand(t);
  await agent.report(command, "delivered");
  const refunded = await store.call("POST", "/orders/order-1/refunded");
  assert.equal(refunded.status, "refunded");

  assert.deepEqual(await agent.revocation(), { id: command.id, attempt: 1, redelivered: false });
  const before = await shown(store);
  assert.equal(before.status, "delivered", "it is cancelled on the agent's word only");
  assert.ok(before.cancelRequestedAt);

  assert.deepEqual(await agent.report(command, "cancelled"), { acknowledged: [command.id] });
  assert.equal((await shown(store)).status, "cancelled");
  assert.equal((await store.order("order-1")).delivery, "cancelled");
});

test("a command that the game rejected is pending again, with attempt 2 in 30 s", async (t) => {
  const { store, agent, command } = await withACommand(t);
  const output = "Unknown item 'minecraft:diamnd'";
  const earliest = Date.now();
  await agent.report(command, "failed", { reason: "rejected_by_game", output });
  const latest = Date.now();

  const after = await shown(store);
  assert.deepEqual([after.status, after.attempt], ["pending", 2]);
  assert.deepEqual([after.reason, after.output], ["rejected_by_game", output], "the last attempt's stay visible");
  // The retry time counts from the store's receipt, on this machine's clock.
  const wait = Date.parse(after.nextAttemptAt) - RETRY_DELAY_MILLISECONDS;
  assert.ok(earliest - 1 <= wait && wait <= latest + 1, `${after.nextAttemptAt} is not 30 s after the report`);
  const failed = after.history.find((entry) => entry.status === "failed");
  assert.deepEqual([failed.attempt, failed.reason, failed.output], [1, "rejected_by_game", output]);
});

test("a join delivers only commands that this journal has not reported", async (t) => {
  const { store, agent, command } = await withACommand(t);
  assert.equal(await agent.connection.invoke("PlayerJoined", { name: "Steve" }), null);
  await until("the second Deliver", () => agent.commands.length > 1);
  assert.deepEqual(agent.commands, [command, command]);

  await agent.report(command, "delivered");
  assert.equal(await agent.connection.invoke("PlayerJoined", { name: "Steve" }), null);
  await store.payForDiamonds("order-2", 1);
  await until("the Deliver of the next order", () => agent.commands.at(-1).orderId === "order-2");
  assert.equal(agent.commands.length, 3, "the first order's command did not come a third time");
});
