/**
 * What every measurement needs: a folder of FIFOs, a free port, and the
 * programs between them.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Children } from "./children.ts";
import type { Link, Row } from "./pipelines.ts";
import { isListening } from "./proc.ts";
import { parseSighting, type Sighting, WAITING } from "./reader.ts";

/** A picture size and all that follows from it. */
export type Format = Pick<Link, "width" | "height" | "fps" | "bitrate">;

/** How long a program may take to start on a loaded machine. */
const START_LIMIT_MS = 20_000;
const POLL_MS = 10;

/** One sender, and what receivers need. */
export class Rig implements AsyncDisposable {
  /** The source and the sender. */
  readonly children: Children;
  /** What the rows' commands are made of. */
  readonly link: Link;
  readonly #folder: string;
  #viewers = 0;

  /** Private: {@linkcode Rig.open} is the way in. */
  private constructor(folder: string, link: Link, signal: AbortSignal) {
    this.#folder = folder;
    this.link = link;
    this.children = new Children(signal);
  }

  /** Makes the folder and its FIFOs. */
  static async open(
    format: Format,
    camagent: readonly string[],
    signal: AbortSignal,
  ): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), "camagent-bench-"));
    const link = {
      ...format,
      camagent,
      source: makeFifo(folder, "source"),
      coded: makeFifo(folder, "coded"),
      frames: makeFifo(folder, "frames"),
      segment: freshSegment(),
      port: await freePort(),
    };
    return new Rig(folder, link, signal);
  }

  /** A link of its own for one more receiver. */
  viewerLink(): Link {
    const frames = makeFifo(this.#folder, `frames-${this.#viewers++}`);
    return { ...this.link, frames, segment: freshSegment() };
  }

  /** Starts the camera; it waits for an encoder. */
  startSource(): number {
    const { source, width, height, fps } = this.link;
    const command = program("source.ts", source, width, height, fps);
    return this.children.start({ name: "source", command });
  }

  /** Starts a row's sender, and waits until receivers may come. */
  async startSender(row: Row): Promise<number> {
    const command = row.send(this.link);
    const pid = this.children.start({ name: `${row.name} sender`, command });
    const giveUp = performance.now() + START_LIMIT_MS;
    while (row.listens && !isListening(this.link.port)) {
      if (performance.now() > giveUp) {
        throw new Error(`Waited in vain for the ${row.name} sender to listen`);
      }
      await this.children.pause(POLL_MS);
    }
    return pid;
  }

  /** Ends what runs, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.children[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Starts a reader, and waits until it stands at the FIFO.
 *
 * @param children Whose member it becomes.
 * @param row Where the frames are.
 * @param link Which FIFO, and how large its frames are.
 * @param onSighting Is called for every frame.
 * @returns Its process id.
 */
export async function startReader(
  children: Children,
  { shared }: Pick<Row, "shared">,
  { frames, segment, width, height }: Link,
  onSighting: (sighting: Sighting) => void,
): Promise<number> {
  const ready = Promise.withResolvers<void>();
  const pid = children.start({
    name: "reader",
    command: shared
      ? program("shm_reader.ts", segment)
      : program("reader.ts", frames, width, height),
    onLine: (line) => {
      if (line === WAITING) ready.resolve();
      else onSighting(parseSighting(line));
    },
  });
  await children.until("the reader", ready.promise, START_LIMIT_MS);
  return pid;
}

function program(file: string, ...words: (string | number)[]): string[] {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return [process.execPath, "run", "-A", path, ...words.map(String)];
}

/** A name of shared memory that nobody else uses. */
export function freshSegment(): string {
  return `bench-${randomBytes(6).toString("hex")}`;
}

function makeFifo(folder: string, name: string): string {
  const path = join(folder, name);
  const { status, stderr } = spawnSync("mkfifo", ["-m", "600", path]);
  if (status !== 0) throw new Error(`Cannot make a FIFO: ${stderr}`);
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") {
    throw new Error("Cannot find a free port");
  }
  return address.port;
}
