// An agent on the official SignalR client.

import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { until } from "./store.js";

let journals = 0;

/** A journal id that no other agent of this run has. */
export const newJournal = () => `journal-${(journals += 1)}`;

/** An agent that is not connected yet. It reconnects automatically if the hub allows it. */
export class Agent {
  /** The arguments of `Deliver` and `Revoke`, in order. */
  commands = [];
  revocations = [];
  /** The number of reconnects that the client has begun. */
  reconnects = 0;
  /** The reason why the client gave up; `undefined` while it has not. */
  closeError = undefined;

  constructor(t, store, token, { journal = newJournal(), hostname = "interop-host" } = {}) {
    this.journal = journal;
    this.hostname = hostname;
    this.connection = new HubConnectionBuilder()
      .withUrl(store.hubUrl, {
        accessTokenFactory: () => token,
        headers: { "Flux-Journal": journal },
        transport: HttpTransportType.WebSockets,
      })
      .configureLogging(LogLevel.None)
      .withAutomaticReconnect()
      .build();
    this.connection.on("Deliver", (commands) => this.commands.push(...commands));
    this.connection.on("Revoke", (revocations) => this.revocations.push(...revocations));
    this.connection.onreconnecting(() => (this.reconnects += 1));
    this.connection.onclose((error) => (this.closeError = error ?? null));
    t.after(() => this.connection.stop());
  }

  /** Negotiates and opens the session, without a `Hello`. */
  start() {
    return this.connection.start();
  }

  hello() {
    return this.connection.invoke("Hello", {
      agentVersion: "0.0.0-interop",
      protocolVersion: 1,
      journalId: this.journal,
      hostname: this.hostname,
      gameState: "unknown",
    });
  }

  /** Reports one state of a command's attempt. */
  report({ id, attempt }, status, more = {}) {
    return this.connection.invoke("Report", [{ id, attempt, status, at: new Date().toISOString(), ...more }]);
  }

  /** The first command that was delivered. */
  async command() {
    await until("a Deliver", () => this.commands.length > 0);
    return this.commands[0];
  }

  async revocation() {
    await until("a Revoke", () => this.revocations.length > 0);
    return this.revocations[0];
  }
}

/** An agent whose `Hello` was answered. */
export async function connect(t, store, token, options) {
  const agent = new Agent(t, store, token, options);
  await agent.start();
  agent.welcome = await agent.hello();
  return agent;
}
