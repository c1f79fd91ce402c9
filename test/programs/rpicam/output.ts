/**
 * Where the frames go: stdout, a file, or the network.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { openSync, writeSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { RpicamError } from "./options.ts";

/** What the C library keeps of a file until it has more, or is flushed. */
const STDIO_BYTES = 4096;

/** The largest datagram of IPv4. */
const DATAGRAM_BYTES = 65507;

/** Ended by an exception in the encoder's thread. */
export class Terminated extends Error {}

/** Takes frames. */
export interface Output {
  /** Takes one frame. */
  write(frame: Uint8Array): Promise<void>;
}

/** What decides where frames go. */
export interface OutputOptions {
  /** Of `--output`. */
  target: string;
  /** Whether each frame is flushed. */
  flush: boolean;
  /** Whether a client is waited for. */
  listen: boolean;
}

/** Opens the output. */
export async function openOutput(options: OutputOptions): Promise<Output> {
  const { target, flush, listen } = options;
  const network = /^(tcp|udp):\/\/(\d+\.\d+\.\d+\.\d+):(\d+)$/.exec(target);
  if (!network) {
    if (/^(tcp|udp):\/\//.test(target)) {
      throw new RpicamError(`bad network address ${target}`);
    }
    return fileOutput(target, flush);
  }
  const [, protocol, host = "", port] = network;
  if (protocol === "udp") return udpOutput(host, Number(port));
  const socket = listen
    ? await acceptOne(Number(port))
    : await dial(host, Number(port));
  return socketOutput(socket);
}

/** Buffered as stdio does it; opened when the first frame comes. */
function fileOutput(target: string, flush: boolean): Output {
  const stdio = new Stdio(
    target === "-" ? () => 1 : () => openSync(target, "w"),
  );
  return {
    write(frame) {
      stdio.write(frame, flush);
      return Promise.resolve();
    },
  };
}

/** A `FILE` of the C library, fully buffered. */
export class Stdio {
  readonly #open: () => number;
  #fd: number | undefined;
  #kept = new Uint8Array();

  /** @param open Called when the first byte is written. */
  constructor(open: () => number) {
    this.#open = open;
  }

  /** @throws {Terminated} If nobody reads any more. */
  write(bytes: Uint8Array, flush: boolean): void {
    const all = new Uint8Array(this.#kept.length + bytes.length);
    all.set(this.#kept);
    all.set(bytes, this.#kept.length);
    const whole = flush ? all.length : all.length - all.length % STDIO_BYTES;
    this.#kept = all.slice(whole);
    try {
      this.#fd ??= this.#open();
      for (let at = 0; at < whole;) {
        at += writeSync(this.#fd, all, at, whole - at);
      }
    } catch (cause) {
      throw new Terminated("failed to write output bytes", { cause });
    }
  }
}

function udpOutput(host: string, port: number): Output {
  const socket = createSocket("udp4");
  return {
    async write(frame) {
      for (let at = 0; at < frame.length; at += DATAGRAM_BYTES) {
        const part = frame.subarray(at, at + DATAGRAM_BYTES);
        await new Promise<void>((resolve, reject) =>
          socket.send(part, port, host, (error) => {
            if (!error) return resolve();
            reject(new Terminated("failed to send data on socket"));
          })
        );
      }
    },
  };
}

async function dial(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
  } catch (cause) {
    throw new RpicamError("connect to server failed", { cause });
  }
  return socket;
}

/** One client, ever. */
async function acceptOne(port: number): Promise<Socket> {
  const server = createServer();
  try {
    server.listen(port, "0.0.0.0");
    const [socket] = await once(server, "connection");
    server.close();
    return socket;
  } catch (cause) {
    throw new RpicamError("failed to bind listen socket", { cause });
  }
}

function socketOutput(socket: Socket): Output {
  socket.on("error", () => {});
  return {
    write: (frame) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) {
          return reject(new Terminated("failed to send data on socket"));
        }
        socket.write(frame, (error) => {
          if (!error) return resolve();
          reject(new Terminated("failed to send data on socket"));
        });
      }),
  };
}
