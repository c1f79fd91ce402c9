import assert from "node:assert/strict";
import process from "node:process";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { clock } from "../../agent/runtime/clock.ts";
import { until } from "../faults/deadline.ts";
import { receive, send, testMachines } from "./on_machines.ts";
import type { Machine } from "./two_machines.ts";

/** From the return of the receiver's interface to frames again. */
const BACK_MS = 5000;

/** Of the sender's, which tries every 5 s at last. */
const SENDER_BACK_MS = 6500;

/** A group of either family (RFC 2365, section 6.2; RFC 4291, section 2.7). */
const GROUPS = ["239.77.1.1", "[ff15::77]"] as const;

for (const group of GROUPS) {
  testMachines(
    `camagent sends to ${group} on another machine`,
    async (machines, folder) => {
      const to = `udp://${group}:5004?interface=`;
      await using receiver = receive(machines, "b", folder, `${to}camb`);
      await receiver.agent.logs(/joined/);
      await using _ = send(machines, "a", `${to}cama`);
      await using reader = await receiver.frames();
      await reader.frames.reach(15);
      const { input } = await receiver.agent.says(({ input }) =>
        input.units > 15
      );
      assert.deepEqual([input.missing, input.damaged], [0, 0]);
      assert.match(
        input.peer!,
        group.includes(":") ? /^\[f[de]/ : /^10\.77\.0\.1:/,
      );
    },
  );
}

testMachines(
  "camagent with loopback=false keeps a group from its own machine",
  async (machines, folder) => {
    const group = "udp://239.77.1.1:5004?interface=";
    await using own = receive(machines, "a", folder, `${group}cama`);
    await using other = receive(machines, "b", folder, `${group}camb`);
    for (const { agent } of [own, other]) await agent.logs(/joined/);
    await using sender = send(machines, "a", `${group}cama&loopback=false`);
    const hears = ({ input }: RecvStatus) => input.units > 30;
    await other.agent.says(hears);
    assert.equal(own.agent.status?.input.units, 0);
    await sender[Symbol.asyncDispose]();
    // Unless told otherwise both hear it.
    await using _ = send(machines, "a", `${group}cama`);
    await own.agent.says(hears);
  },
);

const [OVER_IPV4, OVER_IPV6] = GROUPS;

/** What happens to whose interface, and how soon frames come after it. */
const FAULTS: readonly {
  readonly group: string;
  readonly whose: Machine;
  readonly fault: "down" | "gone";
  readonly backMs: number;
}[] = [
  { group: OVER_IPV4, whose: "b", fault: "down", backMs: BACK_MS },
  { group: OVER_IPV4, whose: "b", fault: "gone", backMs: BACK_MS },
  { group: OVER_IPV6, whose: "b", fault: "gone", backMs: BACK_MS },
  { group: OVER_IPV4, whose: "a", fault: "down", backMs: SENDER_BACK_MS },
  { group: OVER_IPV4, whose: "a", fault: "gone", backMs: SENDER_BACK_MS },
];

for (const { group, whose, fault, backMs } of FAULTS) {
  const what = `${
    whose === "a" ? "the sender's" : "its"
  } interface was ${fault}`;
  testMachines(
    `camagent hears ${group} again after ${what}`,
    async (machines, folder) => {
      const to = `udp://${group}:5004?interface=`;
      await using receiver = receive(machines, "b", folder, `${to}camb`);
      await receiver.agent.logs(/joined/);
      await using _ = send(machines, "a", `${to}cama`);
      await using reader = await receiver.frames();
      const { frames } = reader;
      await frames.reach(15);
      if (fault === "down") machines.down(whose);
      else machines.disconnect(whose);
      const last = () => frames.all.at(-1)!.at;
      // Long enough for both to try in vain.
      await until(10_000, "silence", () => clock.now() - last() > 3000);
      const { length } = frames.all;
      const since = clock.now();
      if (fault === "down") machines.up(whose);
      else machines.connect(whose);
      await frames.reach(length + 15);
      const took = frames.all[length]!.at - since;
      assert.ok(took <= backMs, `${took} ms`);
      process.stdout.write(`${group}, ${what}: frames after ${took | 0} ms\n`);
      // What it has is good enough for the next sender, too.
      const { restarts } = receiver.agent.status!.input.supervisor;
      assert.equal(restarts, 0);
    },
  );
}

testMachines(
  "camagent refuses a group where there is no multicast",
  async (machines, folder) => {
    machines.ip("b", "link", "set", "camb", "multicast", "off");
    const address = "udp://239.77.1.1:5004?interface=camb";
    await using receiver = receive(machines, "b", folder, address);
    const { code } = await receiver.agent.exit;
    const lines = receiver.agent.log.filter((line) => !line.startsWith("{"));
    assert.equal(code, 64);
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(
      lines[0]!,
      /^camagent: Cannot use interface "camb": it carries no multicast; try lo$/,
    );
  },
);
