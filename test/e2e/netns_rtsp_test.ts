import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import type { SendStatus } from "../../agent/send/status.ts";
import { clock } from "../../agent/runtime/clock.ts";
import { findProgram } from "../../agent/runtime/programs.ts";
import { within } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { scriptCommand } from "../programs/script.ts";
import type { Agent } from "./agent.ts";
import { receive, send, testMachines } from "./on_machines.ts";
import type { Machine, TwoMachines } from "./two_machines.ts";

/** Where the first machine serves, and an address that it takes besides. */
const [HOST, OTHER] = ["10.77.0.1", "10.77.0.66"];
const PORT = 8554;

/** From the start of an agent to pictures, whatever is blocked. */
const SWITCH_MS = 3000;

/** What the agent itself takes to start, on a busy machine. */
const START_MS = 2000;

/** Datagrams a second, from each of two senders. */
const RATE = 5000;

/** Pictures among garbage: 15 a second. */
const PICTURES = 60;

/** Part of the pictures that is kept. */
const KEPT = 0.99;

/** Serves on the first machine. */
async function serve(machines: TwoMachines): Promise<Agent<SendStatus>> {
  const sender = send(machines, "a", `rtsp://${HOST}:${PORT}/cam`);
  await sender.port();
  return sender;
}

function testBlocked(
  name: string,
  run: (machines: TwoMachines, folder: string) => Promise<void>,
): void {
  if (findProgram("nft") !== undefined) testMachines(name, run);
  else test(`${name}: SKIPPED, "nft" is not installed`, () => {});
}

/** Has a machine throw away what comes to it over UDP. */
function blockUdp(machines: TwoMachines, machine: Machine): void {
  const [program = "", ...words] = machines.on(machine);
  const rules = `table inet blocked {
    chain input {
      type filter hook input priority 0;
      meta l4proto udp drop
    }
  }`;
  execFileSync(program, [...words, "nft", "-f", "-"], { input: rules });
}

testBlocked(
  "camagent receives over RTSP where datagrams are blocked",
  async (machines, folder) => {
    await using sender = await serve(machines);
    blockUdp(machines, "b");
    const since = clock.now();
    const address = `rtsp://${HOST}:${PORT}/cam`;
    await using receiver = receive(machines, "b", folder, address);
    await using reader = await receiver.frames();
    await reader.frames.reach(1);
    const took = reader.frames.all[0]!.at - since;
    process.stdout.write(`without UDP: frames after ${took | 0} ms\n`);
    assert.ok(took <= SWITCH_MS + START_MS, `${took} ms`);
    await reader.frames.reach(30);
    await receiver.agent.logs(/receives over tcp/);
    assert.equal(sender.status!.outputs[0]!.viewers.length, 1);
  },
);

testBlocked(
  "camagent says so where datagrams alone are wanted and blocked",
  async (machines, folder) => {
    await using sender = await serve(machines);
    blockUdp(machines, "b");
    const address = `rtsp://${HOST}:${PORT}/cam#transport=udp`;
    await using receiver = receive(machines, "b", folder, address);
    await receiver.agent.logs(/sent no picture within/);
    // A session that got nothing is not left to the server's patience.
    await sender.logs(/watches no more/);
    const { agent } = receiver;
    await agent.says(({ input }) => input.supervisor.attempts > 0);
    assert.equal(agent.status!.input.units, 0);
  },
);

testMachines(
  "camagent keeps its RTSP stream among garbage, some of it from the server's address",
  async (machines, folder) => {
    machines.ip("a", "address", "add", `${OTHER}/24`, "dev", "cama");
    await using _ = await serve(machines);
    const address = `rtsp://${HOST}:${PORT}/cam#transport=udp`;
    await using receiver = receive(machines, "b", folder, address);
    const { agent } = receiver;
    await using reader = await receiver.frames();
    await reader.frames.reach(5);
    const [packets, reports] = udpPortsOf(agent.pid);
    const port = String(packets);
    const senders = [HOST, OTHER].map((from) =>
      startGarbage(machines, [from, "10.77.0.2", port, String(RATE)])
    );
    await using stack = new AsyncDisposableStack();
    senders.forEach((sender) => stack.use(sender));
    await Promise.all(senders.map(({ seconds }) => seconds(1)));
    const before = agent.status!.input;
    await reader.frames.reach(reader.frames.all.length + PICTURES);
    const { input } = await agent.says(({ input }) =>
      input.units - before.units >= PICTURES
    );
    const counts = await Promise.all(senders.map(({ seconds }) => seconds(4)));
    const [sent, answers] = [0, 1].map((i) =>
      counts.reduce((sum, count) => sum + count[i]!, 0)
    );
    process.stdout.write(
      `ports ${packets} and ${reports}: ${sent} datagrams of garbage, ` +
        `${answers} answered, ${input.packets.dropped} thrown away, ` +
        `${input.damaged} of ${input.units} pictures damaged\n`,
    );
    assert.equal(answers, 0);
    assert.ok(sent! > PICTURES, `${sent} datagrams`);
    assert.ok(input.packets.dropped > sent! / 2);
    assert.ok(input.damaged + input.missing <= (1 - KEPT) * input.units);
    assert.equal(input.supervisor.restarts, 0);
  },
);

/** The ports that a process has bound, in order. */
function udpPortsOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/net/udp`, "utf8").trim().split("\n")
    .slice(1)
    .map((line) =>
      parseInt(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /.exec(line)![1]!, 16)
    )
    .sort((one, other) => one - other);
}

/** Starts to send garbage from the first machine. */
function startGarbage(machines: TwoMachines, args: readonly string[]) {
  const [command = "", ...words] = [
    ...machines.on("a"),
    ...scriptCommand("send_garbage.ts"),
    ...args,
  ];
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  child.stdout.on("data", (chunk) => {
    lines.push(...String(chunk).split("\n").filter((line) => line !== ""));
    child.emit("second");
  });
  const exit = once(child, "exit");
  return {
    /** Waits until it has sent for so long; tells how much, and what came back. */
    async seconds(count: number): Promise<number[]> {
      while (lines.length < count) {
        await within(10_000, "garbage", once(child, "second"));
      }
      return lines.at(-1)!.split(" ").map(Number);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
