/**
 * Tests between two machines, and the agents there.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RecvStatus } from "../../agent/recv/status.ts";
import type { SendStatus } from "../../agent/send/status.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { FifoFrames } from "./fifo_frames.ts";
import { temporaryFolder } from "./folder.ts";
import { type Machine, TwoMachines, whyNoMachines } from "./two_machines.ts";

const BYTES = 320 * 240 * 3;
const SOURCE = "test:?size=320x240&fps=15";

const reason = whyNoMachines();

/** Registers a test that needs two machines. */
export function testMachines(
  name: string,
  run: (machines: TwoMachines, folder: string) => Promise<void>,
): void {
  if (reason !== undefined) {
    test(`${name}: SKIPPED, ${reason}`, () => {});
    return;
  }
  test(name, async () => {
    using folder = temporaryFolder();
    using machines = new TwoMachines();
    await run(machines, folder.path);
  });
}

/** Starts an agent that receives 320x240, and whoever reads its frames. */
export function receive(
  machines: TwoMachines,
  machine: Machine,
  folder: string,
  address: string,
) {
  const path = join(folder, `frames-${machine}`);
  const agent = Agent.start<RecvStatus>(
    ["recv", address, `pipe:${path}`, "--json=stderr"],
    { through: machines.on(machine) },
  );
  return {
    agent,
    async frames() {
      await until(10_000, "FIFO", () => existsSync(path));
      return new FifoFrames(path, BYTES);
    },
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
}

/** Starts an agent that sends 320x240, 15 pictures a second. */
export function send(
  machines: TwoMachines,
  machine: Machine,
  address: string,
): Agent<SendStatus> {
  return Agent.start<SendStatus>(
    ["send", SOURCE, address, "--json=stderr"],
    { through: machines.on(machine) },
  );
}
