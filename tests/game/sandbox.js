// The sandbox's game as a process: its RCON address and its players.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const BINARIES = process.env.FLUX_BIN || path.resolve(import.meta.dirname, "../../target/debug");

export const RCON_PASSWORD = "a-sandbox-password";

/** Starts a game with these players online, which ends with the test `t`; returns its RCON port. */
export async function startSandbox(t, players, more = []) {
  const folder = await mkdtemp(path.join(tmpdir(), "flux-sandbox-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const password = path.join(folder, "password");
  await writeFile(password, RCON_PASSWORD, { mode: 0o600 });
  const game = spawn(
    path.join(BINARIES, "flux-sandbox"),
    ["game", "--rcon", "127.0.0.1:0", "--password-file", password, ...more, "--join", ...players],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const exit = once(game, "exit");
  t.after(async () => {
    game.kill("SIGKILL");
    await exit;
  });
  const [ready] = await once(createInterface(game.stdout), "line");
  return Number(/^ready rcon=[^ ]*:(\d+)/.exec(ready)[1]);
}
