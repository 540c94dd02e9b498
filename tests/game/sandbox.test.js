// The npm package rcon-client against the sandbox's game: checks that the game serves RCON as other clients expect.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Rcon } from "rcon-client";
import { RCON_PASSWORD, startSandbox } from "./sandbox.js";

async function connect(t, port, options = {}) {
  const client = new Rcon({ host: "127.0.0.1", port, password: RCON_PASSWORD, ...options });
  // Without a listener, the emitter would throw.
  client.on("error", () => {});
  await client.connect();
  t.after(() => client.end().catch(() => {}));
  return client;
}

test("list, give and unknown commands are answered as by vanilla", async (t) => {
  const client = await connect(t, await startSandbox(t, ["Steve", "Alex"]));
  assert.equal(await client.send("list"), "There are 2 of a max of 20 players online: Steve, Alex");
  assert.equal(await client.send("give steve diamond 3"), "Gave 3 [Diamond] to Steve");
  assert.equal(await client.send("give Herobrine diamond"), "No player was found");
  assert.equal(await client.send("dance"), "Unknown or incomplete command, see below for errordance<--[HERE]");
  assert.equal(await client.send("say hello"), "");
});

test("a wrong password is refused", async (t) => {
  const port = await startSandbox(t, ["Steve"]);
  await assert.rejects(connect(t, port, { password: "wrong" }), /Authentication failed/);
});

test("a line in other alphabets comes and goes unharmed", async (t) => {
  const client = await connect(t, await startSandbox(t, ["Steve"]));
  const expected = "Unknown or incomplete command, see below for errorпривет 😀<--[HERE]";
  assert.equal(await client.send("привет 😀"), expected);
});
