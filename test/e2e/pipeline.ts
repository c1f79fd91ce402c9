/**
 * The whole product on one machine: a sender, a receiver, and a FIFO for the
 * frames.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RecvStatus } from "../../agent/recv/status.ts";
import type { SendStatus } from "../../agent/send/status.ts";
import { until } from "../faults/deadline.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { Camera } from "./stamped.ts";

/** A sender and a receiver that has frames for whoever opens its FIFO. */
export interface Pipeline extends AsyncDisposable {
  readonly sender: Agent<SendStatus>;
  readonly receiver: Agent<RecvStatus>;
  /** Where the FIFO stands. */
  readonly path: string;
}

/**
 * Starts both, one after the other.
 *
 * @param source The test picture, or a {@linkcode Camera} of stamped ones.
 * @param flags Of the receiver.
 */
export async function startPipeline(
  source: "test" | "stamped",
  ...flags: string[]
): Promise<Pipeline> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const address = source === "test"
    ? "test:"
    : stack.use(new Camera(folder.path)).address;
  const sender = stack.use(Agent.send(address, "tcp://127.0.0.1:0"));
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const path = join(folder.path, "frames");
  const receiver = stack.use(await receiveInto(path, input, ...flags));
  const all = stack.move();
  const dispose = () => all.disposeAsync();
  return { sender, receiver, path, [Symbol.asyncDispose]: dispose };
}

/** Starts a receiver, and waits until its FIFO can be opened. */
export async function receiveInto(
  path: string,
  input: string,
  ...flags: string[]
): Promise<Agent<RecvStatus>> {
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(Agent.recv(input, `pipe:${path}`, ...flags));
  await until(5000, "FIFO", () => existsSync(path));
  stack.move();
  return receiver;
}
