/**
 * Two machines and a switch between them, as far as programs can tell: network
 * namespaces of Linux. They take root, and iproute2.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import process from "node:process";
import { findProgram } from "../../agent/runtime/programs.ts";

/** The two, and their only interfaces. */
export const MACHINES = ["a", "b"] as const;

/** One of them. Its interface is called `cam` and its name. */
export type Machine = typeof MACHINES[number];

let count = 0;

/** Tells why there can be none here; `undefined` if there can. */
export function whyNoMachines(): string | undefined {
  if (findProgram("ip") === undefined) return '"ip" is not installed';
  try {
    using _ = new TwoMachines();
    return undefined;
  } catch (error) {
    return String(error).trim().split("\n").at(-1);
  }
}

/** Two machines that are gone when they are disposed of. */
export class TwoMachines implements Disposable {
  readonly #names: Readonly<Record<Machine | "switch", string>>;

  /** @throws {Error} If that is not permitted. */
  constructor() {
    const name = `camagent-${process.pid}-${count++}`;
    const names = { switch: name, a: `${name}-a`, b: `${name}-b` };
    this.#names = names;
    try {
      for (const namespace of Object.values(names)) {
        ip("netns", "add", namespace);
        ip("-n", namespace, "link", "set", "lo", "up");
      }
      const bridge = [
        "name",
        "bridge",
        "type",
        "bridge",
        "mcast_snooping",
        "0",
      ];
      ip("-n", names.switch, "link", "add", ...bridge);
      ip("-n", names.switch, "link", "set", "bridge", "up");
      for (const machine of MACHINES) this.connect(machine);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Plugs an interface in: a new one, with the addresses of old. */
  connect(machine: Machine): void {
    const name = `cam${machine}`;
    const { switch: hub, [machine]: namespace } = this.#names;
    ip(
      ...["link", "add", name, "netns", namespace, "type", "veth"],
      ...["peer", "name", name, "netns", hub],
    );
    ip("-n", hub, "link", "set", name, "master", "bridge", "up");
    const host = MACHINES.indexOf(machine) + 1;
    const at = ["dev", name];
    this.ip(machine, "address", "add", `10.77.0.${host}/24`, ...at);
    this.ip(machine, "address", "add", `fd77::${host}/64`, ...at, "nodad");
    this.up(machine);
  }

  /** Takes an interface away. */
  disconnect(machine: Machine): void {
    this.ip(machine, "link", "delete", `cam${machine}`);
  }

  /** Switches an interface off: it stays, and forgets its IPv6 addresses. */
  down(machine: Machine): void {
    this.ip(machine, "link", "set", `cam${machine}`, "down");
  }

  /** Switches it on. */
  up(machine: Machine): void {
    this.ip(machine, "link", "set", `cam${machine}`, "up");
  }

  /** Has one of them run ip(8). */
  ip(machine: Machine, ...words: string[]): void {
    ip("-n", this.#names[machine], ...words);
  }

  /** Words that start a program on one of them. */
  on(machine: Machine): string[] {
    return ["ip", "netns", "exec", this.#names[machine]];
  }

  [Symbol.dispose](): void {
    for (const namespace of Object.values(this.#names)) {
      try {
        ip("netns", "delete", namespace);
      } catch {
        // It was never made.
      }
    }
  }
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
}
