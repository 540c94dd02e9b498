// Client results: the hub of flux-signalr's example requests a value from the official client.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { BINARIES } from "./store.js";

/** Starts the example's hub, which ends with the test; returns its address. */
async function startHub(t) {
  const hub = spawn(path.join(BINARIES, "examples", "hub"), ["127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(hub, "exit");
  t.after(() => (hub.kill("SIGKILL"), exit));
  const [line] = await once(createInterface(hub.stdout), "line");
  return line.split(" ").at(-1);
}

/** A connected client; `answer` is its handler of `Question`. */
async function join(t, url, answer) {
  const options = { accessTokenFactory: () => "let-me-in", transport: HttpTransportType.WebSockets };
  const client = new HubConnectionBuilder().withUrl(url, options).configureLogging(LogLevel.None).build();
  if (answer) client.on("Question", answer);
  client.received = new Promise((resolve) => client.on("Message", resolve));
  t.after(() => client.stop());
  await client.start();
  return client;
}

test("a hub gets the results of its clients, and errors where there is none", async (t) => {
  const url = await startHub(t);
  const asker = await join(t, url, (question) => `asker: ${question}`);
  await join(t, url, async (question) => ({ answer: question.length }));
  await join(t, url, () => {
    throw new Error("planted");
  });
  await join(t, url);
  // The hub also gets a result from the caller while the caller's own call is pending.
  // Connection ids are random, so the results come in any order.
  const results = await asker.invoke("Ask", "why");
  assert.equal(results.length, 2);
  assert.ok(results.includes("asker: why"));
  assert.deepEqual(results.find((result) => typeof result === "object"), { answer: 3 });
  await assert.rejects(asker.invoke("Ask", 1, 2), /invalid arguments/);
});

test("a broadcast reaches every client", async (t) => {
  const url = await startHub(t);
  const [one, two] = [await join(t, url), await join(t, url)];
  assert.equal(await one.invoke("broadcast", "hello"), 2);
  assert.deepEqual(await Promise.all([one.received, two.received]), ["hello", "hello"]);
});
