/**
 * The rings of one sink: one for each size that the pictures have had and
 * somebody still reads, and the claim on their name.
 *
 * @module
 */

import type {
  FrameFormat,
  PluginContext,
  PluginHost,
  Runtime,
} from "../../mod.ts";
import { FOLDER, pathOf } from "./name.ts";
import { isAtWork, readStanding } from "./standing.ts";
import { Ring, ringBytes, type RingShape, writeHeader } from "./ring.ts";

/** What an address may say of shared memory. */
export interface ShmOptions {
  /** Permission bits; absent: the user's own, and the group's if it is said. */
  readonly mode?: number | undefined;
  /** Whom it belongs to besides the user. */
  readonly group?: string | undefined;
  /** Slots at least. */
  readonly slots: number;
}

/** The part of the host that is used. */
export type ShmHost = Pick<PluginHost, "ConfigError" | "media">;

/** EX_CANTCREAT and EX_UNAVAILABLE of sysexits.h. */
const CANNOT_CREATE = 73;
const UNAVAILABLE = 69;

/** Only the user who runs the agent reads; or the group that is named, too. */
const MODE = 0o600;
const MODE_OF_GROUP = 0o640;

const BUSY = "writes to it; stop it or choose another name";

/** Everything that stands, or stood, under one name. */
export class Segments {
  /** Where the newest one stands. */
  readonly path: string;
  readonly #host: ShmHost;
  readonly #options: ShmOptions;
  readonly #runtime: Runtime;
  readonly #rings = new Set<Ring>();
  #claim: Disposable | undefined;
  #holders = 0;

  /** @throws {ConfigError} If the address names nothing that can be a file. */
  constructor(
    host: ShmHost,
    { address, options, runtime }: PluginContext<ShmOptions>,
  ) {
    const path = address.host === undefined ? pathOf(address.path) : undefined;
    if (path === undefined) {
      throw new host.ConfigError(
        `Cannot use "${address.redacted}": its name is to be letters, digits, ` +
          '".", "_" and "-", 64 at most, as in shm:cam0',
      );
    }
    this.path = path;
    this.#host = host;
    this.#options = options;
    this.#runtime = runtime;
  }

  /**
   * Claims the name.
   *
   * @returns Gives it back; the last one of several does.
   * @throws {ConfigError} If another process has it.
   */
  hold(): Disposable {
    this.#claim ??= this.#runtime.claim(`shm:${this.path}`);
    if (this.#claim === undefined) {
      throw this.#refusal(`another camagent ${BUSY}`);
    }
    this.#holders++;
    const release = () => {
      if (--this.#holders > 0) return;
      this.#claim?.[Symbol.dispose]();
      this.#claim = undefined;
    };
    return { [Symbol.dispose]: release };
  }

  /** @throws {ConfigError} If this machine has no shared memory. */
  async checkFolder(): Promise<void> {
    if (await this.#runtime.kindOfPath(FOLDER) === "folder") return;
    throw this.#refusal(
      `there is no ${FOLDER}; mount it: sudo mount -t tmpfs shm ${FOLDER}`,
      UNAVAILABLE,
    );
  }

  /** Makes a ring that takes the place of the one before. */
  async make(
    format: FrameFormat,
    slots: number,
  ): Promise<Ring> {
    const hold = this.hold();
    const { mode, group, slots: least } = this.#options;
    const now = this.#runtime.now();
    const shape: RingShape = {
      format,
      frameBytes: this.#host.media.frameBytes(format),
      slots: Math.max(slots, least),
      generation: BigInt(Math.round(now * 1e6)),
      pid: this.#runtime.pid,
    };
    try {
      const memory = await this.#runtime.openSharedMemory({
        path: this.path,
        bytes: ringBytes(shape),
        mode: mode ?? (group === undefined ? MODE : MODE_OF_GROUP),
        group,
        prepare: (bytes) => writeHeader(bytes, shape),
        replaces: (head) => this.#replaces(head),
      });
      const ring = new Ring(memory, shape, this.#runtime, () => {
        this.#rings.delete(ring);
        hold[Symbol.dispose]();
      });
      // A sink that is slow may borrow their slots for a while yet.
      for (const before of this.#rings) before.retire();
      this.#rings.add(ring);
      return ring;
    } catch (error) {
      hold[Symbol.dispose]();
      throw error;
    }
  }

  /** The ring whose slot a frame's memory is. */
  ringOf(data: Uint8Array): Ring | undefined {
    return [...this.#rings].find((ring) => ring.slotOf(data) !== undefined);
  }

  /** Tells whether frames of a format come in a ring's slots. */
  hasRing({ width, height, pixelFormat }: FrameFormat): boolean {
    return [...this.#rings].some(({ shape: { format } }) =>
      format.width === width && format.height === height &&
      format.pixelFormat === pixelFormat
    );
  }

  /** @throws {ConfigError} If somebody is at work there. */
  #replaces(head: Uint8Array<ArrayBuffer>): boolean {
    const standing = readStanding(head);
    if (standing === undefined) return false;
    const { generation, pid } = standing;
    const isOurs = [...this.#rings]
      .some(({ shape }) => shape.generation === generation);
    if (isOurs || !isAtWork(standing, this.#runtime.now())) return true;
    throw this.#refusal(`another camagent, process ${pid}, ${BUSY}`);
  }

  #refusal(why: string, exitCode = CANNOT_CREATE): Error {
    const message = `Cannot make shared memory "${this.path}": ${why}`;
    return new this.#host.ConfigError(message, { exitCode });
  }
}
