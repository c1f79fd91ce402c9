/**
 * How a pipeline goes, in one line for people.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";
import type { RecvStatus } from "../recv/status.ts";
import type { SendStatus } from "../send/status.ts";
import { formatDuration, type SupervisorStatus } from "../watchdog/status.ts";

/** Something supervised, and what people call it. */
interface Part {
  readonly address: string;
  readonly supervisor: SupervisorStatus;
}

/** `▶ 30.0 fps  2.1 Mbit/s  viewers 2  dropped 0  restarts 0`. */
export function sendLine(status: SendStatus, now: Milliseconds): string {
  const { source, outputs } = status;
  const { state } = source.supervisor;
  const viewers = outputs.flatMap((output) => output.viewers).length;
  const numbers = [
    `▶ ${source.fps.toFixed(1)} fps`,
    formatBitrate(source.bitsPerSecond),
    `viewers ${viewers}`,
    `dropped ${sum(outputs.map((output) => output.dropped))}`,
    restarts([source, ...outputs]),
  ];
  const head = state === "running" ? numbers : [stateText(source, now)];
  return [...head, ...troubles(outputs, now)].join("  ");
}

/** `▶ 30.0 fps  2.1 Mbit/s  age p50 4.1 p95 6.3 ms (capture)  ...`. */
export function recvLine(status: RecvStatus, now: Milliseconds): string {
  const { input, decoders, sinks } = status;
  const { state } = input.supervisor;
  const ages = sinks.flatMap(({ age }) => age === undefined ? [] : [age]);
  const oldest = ages.sort((a, b) => b.p95 - a.p95)[0];
  const named = decoders.map((decoder) => {
    return { ...decoder, address: "decoder" };
  });
  const dropped = [
    ...decoders.map(({ dropped, stale }) => dropped + stale),
    ...sinks.map(({ dropped }) => dropped),
  ];
  const numbers = [
    `▶ ${input.fps.toFixed(1)} fps`,
    formatBitrate(input.bitsPerSecond),
    ...(oldest === undefined ? [] : [
      `age p50 ${oldest.p50.toFixed(1)} p95 ${oldest.p95.toFixed(1)} ms ` +
      `(${oldest.since})`,
    ]),
    `dropped ${sum(dropped)}`,
    ...losses(input),
    restarts([input, ...named, ...sinks]),
  ];
  const head = state === "running"
    ? numbers
    : [state === "starting" ? "connecting" : stateText(input, now)];
  return [...head, ...troubles([...named, ...sinks], now)].join("  ");
}

/** Bits per second for people: `2.1 Mbit/s`, `512 kbit/s`. */
export function formatBitrate(bitsPerSecond: number): string {
  return bitsPerSecond < 999_500
    ? `${Math.round(bitsPerSecond / 1e3)} kbit/s`
    : `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
}

/** `waiting 1.2 s: connection refused`. */
function stateText({ supervisor }: Part, now: Milliseconds): string {
  const { state, since, lastFailure } = supervisor;
  if (state === "starting" || lastFailure === undefined) return state;
  const past = formatDuration(ms(Math.max(0, now - since)));
  return `${state} ${past}: ${lastFailure.message}`;
}

/** What was missing, where anything was: `lost 3  reordered 1  held 12`. */
function losses({ packets, missing, damaged, held }: RecvStatus["input"]) {
  const counts = {
    lost: packets.lost,
    reordered: packets.reordered,
    missing,
    damaged,
    held,
  };
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
}

/** The parts that are down although they should be up. */
function troubles(parts: readonly Part[], now: Milliseconds): string[] {
  return parts
    .filter(({ supervisor: { state } }) =>
      state !== "running" && state !== "stopped"
    )
    .map((part) => `${part.address} ${stateText(part, now)}`);
}

function restarts(parts: readonly Part[]): string {
  return `restarts ${sum(parts.map((part) => part.supervisor.restarts))}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
