// Store, agent and a real game; the players check their own inventory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startStore, until } from "../interop/js/store.js";
import { startGame } from "./game.js";

/** Starts store, game and agent. */
async function withAGame(t) {
  const store = await startStore(t);
  const server = await store.addServer();
  const game = await startGame(t);
  await game.startAgent(store, server);
  await store.call("PUT", "/packages/diamonds", packageOf("give {player} diamond {quantity}"));
  return { store, game };
}

const packageOf = (...commands) => ({ name: "Diamonds", price: 100, currency: "EUR", commands: commands.map((command) => ({ command })) });

/** Pays an order, as a storefront does. */
const pay = (store, id, player, quantity = 1, packageId = "diamonds") =>
  store.call("PUT", `/orders/${id}`, {
    customer: { id: "customer-1" },
    player,
    items: [{ packageId, quantity }],
    amount: 100 * quantity,
    currency: "EUR",
    status: "paid",
  });

const gives = (game) => game.lines.filter((line) => line.startsWith("give ")).length;

async function deliveryIs(store, id, delivery) {
  await until(`${id} being ${delivery}`, async () => (await store.order(id)).delivery === delivery);
}

test("a paid order's diamonds are in the player's own inventory, once", async (t) => {
  const { store, game } = await withAGame(t);
  const [steve, alex] = [await game.join(t, "Steve"), await game.join(t, "Alex")];
  await pay(store, "order-1", { name: "sTEVE" }, 3);
  await steve.has("diamond", 3);
  await deliveryIs(store, "order-1", "delivered");
  assert.equal((await store.order("order-1")).commands[0].output, "Gave 3 [Diamond] to Steve");
  assert.equal(alex.count("diamond"), 0);
  assert.equal(gives(game), 1);
});

test("a player who was away finds the diamonds on joining", async (t) => {
  const { store, game } = await withAGame(t);
  await pay(store, "order-1", { name: "Alex" }, 2);
  await deliveryIs(store, "order-1", "awaiting_player");
  const alex = await game.join(t, "Alex");
  await alex.has("diamond", 2);
  await deliveryIs(store, "order-1", "delivered");
});

test("a player who leaves midway gets the rest the next time, and nothing twice", async (t) => {
  const { store, game } = await withAGame(t);
  const one = "give {player} diamond 1";
  await store.call("PUT", "/packages/five", packageOf(one, one, one, one, one));
  const steve = await game.join(t, "Steve");
  const release = game.holdAfter(2);
  await pay(store, "order-1", { name: "Steve" }, 1, "five");
  await steve.has("diamond", 2);
  await steve.leave();
  release();
  await until("two to be delivered, and the rest to wait for the player", async () => {
    const order = await store.call("GET", "/orders/order-1");
    const statuses = order.commands.map((command) => command.status).join();
    return statuses === "completed,completed,awaiting_player,awaiting_player,awaiting_player";
  });

  const again = await game.join(t, "Steve");
  await again.has("diamond", 5);
  await deliveryIs(store, "order-1", "delivered");
  assert.equal(again.count("diamond"), 5);
});

test("a player called @a gets nothing, and neither does anybody else", async (t) => {
  const { store, game } = await withAGame(t);
  const [everybody, steve] = [await game.join(t, "@a"), await game.join(t, "Steve")];
  await assert.rejects(pay(store, "order-1", { name: "@a" }), /player\.name/, "the store takes no such name");
  // The player bought as Alex and is now called @a: the same account, and a name that selects everyone.
  await pay(store, "order-2", { name: "Alex", uuid: everybody.uuid });
  await until("order-2 to fail", async () => (await store.order("order-2")).commands[0].status === "failed");
  assert.equal((await store.order("order-2")).commands[0].reason, "invalid_player_name");
  // The next order is not delayed, and its diamonds are the only ones.
  await pay(store, "order-3", { name: "Steve" });
  await steve.has("diamond", 1);
  assert.equal(everybody.count("diamond"), 0);
  assert.deepEqual(game.lines.filter((line) => line.startsWith("give ")), ["give Steve diamond 1"]);
});
