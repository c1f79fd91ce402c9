/**
 * One viewer on one connection.
 *
 * @module
 */

import type {
  Milliseconds,
  PluginContext,
  TcpConnection,
  Viewers,
} from "../../mod.ts";

/**
 * What a viewer has to take in {@linkcode UNREAD_MS}. Smaller writes would not
 * make it fall behind less: a picture that was begun is finished in any case,
 * and the system keeps no more than `sendBuffer` of it.
 */
const PIECE_BYTES = 65536;

/** A viewer that takes nothing for this long is dropped. */
const UNREAD_MS = 5000;

const DEAF = `does not read; dropped after ${UNREAD_MS / 1000} s`;

/** How exactly that is kept. */
const CHECK_EVERY = 500 as Milliseconds;

/**
 * Sends to one viewer until either side has had enough; closes it.
 *
 * @param sendBuffer Of a connection that we have opened; no write is larger.
 * It was bounded too late to have small segments, and a receiver that has got
 * less than the one it expects acknowledges that 40 ms later. Measured on
 * loopback with 16 KiB: 85 kB take 41.6 ms in one write, 0.5 ms in pieces.
 */
export async function serve(
  connection: TcpConnection,
  viewers: Viewers,
  { signal, log, runtime }: Pick<
    PluginContext<unknown>,
    "signal" | "log" | "runtime"
  >,
  sendBuffer: number = PIECE_BYTES,
): Promise<void> {
  await using _ = connection;
  using viewer = viewers.open(connection.peer);
  const ended = new AbortController();
  let why: string | undefined;
  const end = (reason: string) => {
    why ??= reason;
    viewer[Symbol.dispose]();
    void connection[Symbol.asyncDispose]();
  };
  const stop = () => end("was disconnected");
  const pieceBytes = Math.min(sendBuffer, PIECE_BYTES);
  let writingSince = Infinity;
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  const watching = Promise.all([watchReads(), watchWrites()]);
  log.info(`${connection.peer} watches`);
  try {
    for await (const { data } of viewer.units) await write(data);
    why ??= "has everything";
  } catch {
    // Whoever else watches goes on.
    gone();
  } finally {
    signal.removeEventListener("abort", stop);
    ended.abort();
    await connection[Symbol.asyncDispose]();
    await watching;
    log.info(`${connection.peer} ${why}`);
  }

  /** The system may lose patience shortly before we do: by the same cause. */
  function gone(): void {
    const waiting = runtime.now() - writingSince > UNREAD_MS / 2;
    end(waiting ? DEAF : "left");
  }

  async function write(data: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < data.length; at += pieceBytes) {
      writingSince = runtime.now();
      await connection.write(data.subarray(at, at + pieceBytes));
    }
    writingSince = Infinity;
  }

  /**
   * What viewers say is of no interest, but its end is: one that left while
   * there is nothing to send would count for ever.
   */
  async function watchReads(): Promise<void> {
    try {
      for await (const _ of connection.chunks) {
        // Thrown away.
      }
    } catch {
      // It left as well.
    }
    if (!ended.signal.aborted) gone();
  }

  async function watchWrites(): Promise<void> {
    while (!ended.signal.aborted) {
      await runtime.sleep(CHECK_EVERY, ended.signal).catch(() => {});
      if (runtime.now() - writingSince < UNREAD_MS) continue;
      end(DEAF);
    }
  }
}
