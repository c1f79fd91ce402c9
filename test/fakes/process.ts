/**
 * Child processes that a test plays the part of.
 *
 * @module
 */

import { ProcessError, StreamError } from "../../agent/errors.ts";
import { ms } from "../../agent/media/time.ts";
import type {
  ChildExit,
  ChildProcess,
  Clock,
  SpawnOptions,
} from "../../agent/plugin/runtime.ts";
import { Queue } from "../../agent/runtime/queue.ts";
import type { Ledger } from "./ledger.ts";

/** SIGTERM to SIGKILL, as the real runtime has it. */
const KILL_GRACE_MS = ms(1000);

/** What the owner of a chunk finds in it once the call has returned. */
const GIVEN_BACK = 0xff;

/** A program in the hands of a test. */
export interface FakeChild {
  /** What it was started with. */
  readonly args: readonly string[];
  /** What it was given to read; ends with its stdin. */
  readonly stdin: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Whether it takes no notice of SIGTERM. */
  ignoresTerm: boolean;
  /** Writes to its stdout. */
  stdout(bytes: Uint8Array<ArrayBuffer>): void;
  /** Writes a line to its stderr. */
  stderr(line: string): void;
  /** Ends by itself. */
  exit(code: number): void;
}

/** What a program does once it has started. */
export type FakeProgram = (child: FakeChild) => void | Promise<void>;

/** The programs of one machine. */
export class FakePrograms {
  /** What there is on PATH. */
  readonly programs = new Map<string, FakeProgram>();
  /** The command lines that were started. */
  readonly started: string[][] = [];
  /** Those that run. */
  readonly running = new Set<FakeChild>();
  readonly #clock: Clock;
  readonly #ledger: Ledger;

  /** @param ledger Knows what plugins have opened. */
  constructor(clock: Clock, ledger: Ledger) {
    this.#clock = clock;
    this.#ledger = ledger;
  }

  /** As the contract says. */
  async spawn(options: SpawnOptions): Promise<ChildProcess> {
    const { command, args, signal } = options;
    signal.throwIfAborted();
    const program = this.programs.get(command);
    if (program === undefined) {
      throw new ProcessError(`Cannot start "${command}": not found on PATH`, {
        command: [command, ...args],
        reason: "not-found",
      });
    }
    this.started.push([command, ...args]);
    await undefined;
    return this.#start(program, options);
  }

  #start(program: FakeProgram, options: SpawnOptions): ChildProcess {
    const entry = this.#ledger.enter(`child ${options.command}`);
    const stdin = new Queue<Uint8Array<ArrayBuffer>>();
    const ended = Promise.withResolvers<ChildExit>();
    const gone = new AbortController();
    const tail: string[] = [];
    const end = (how: Partial<ChildExit>) => {
      if (gone.signal.aborted) return;
      gone.abort();
      options.signal.removeEventListener("abort", stop);
      this.running.delete(child);
      entry[Symbol.dispose]();
      const stderrTail = tail.slice(-100);
      ended.resolve({
        code: null,
        signal: null,
        forced: false,
        stderrTail,
        ...how,
      });
    };
    const child: FakeChild = {
      args: options.args,
      stdin,
      ignoresTerm: false,
      stdout(bytes) {
        const chunk = bytes.slice();
        options.onStdout?.(chunk);
        chunk.fill(GIVEN_BACK);
      },
      stderr: (line) => {
        if (options.onStderrLine?.(line) !== true) tail.push(line);
      },
      exit: (code) => end({ code }),
    };
    const stop = () => {
      if (!child.ignoresTerm) return end({ signal: "SIGTERM" });
      this.#clock.sleep(KILL_GRACE_MS, gone.signal).then(
        () => end({ signal: "SIGKILL", forced: true }),
        () => {},
      );
    };
    options.signal.addEventListener("abort", stop);
    if (options.signal.aborted) stop();
    this.running.add(child);
    void program(child);
    return {
      pid: this.started.length,
      exit: ended.promise,
      write: (bytes) => {
        if (gone.signal.aborted) {
          const message =
            `Cannot write to ${options.command}: it no longer reads`;
          return Promise.reject(new StreamError("lost", message));
        }
        stdin.push(bytes.slice());
        return Promise.resolve();
      },
      endInput: () => stdin.end(),
      [Symbol.asyncDispose]: async () => {
        stop();
        await ended.promise;
      },
    };
  }
}
