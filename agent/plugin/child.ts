/**
 * Child processes, and the pipes between them and us.
 *
 * @module
 */

/** How a child process is started. */
export interface SpawnOptions {
  /** Name of a program on PATH, or a path. */
  command: string;
  /** Passed as they are; there is no shell. */
  args: readonly string[];
  /** Ends the child, by `firstSignal` and then SIGKILL. */
  signal: AbortSignal;
  /**
   * What ends it: SIGINT for programs that put their hardware in order only
   * then, SIGKILL for those that have nothing to put in order.
   *
   * @default {"SIGTERM"}
   */
  firstSignal?: "SIGINT" | "SIGTERM" | "SIGKILL";
  /** Whether the child reads a pipe that we write; else it reads nothing. */
  stdin?: boolean;
  /**
   * Called with what the child writes to stdout, borrowed until it returns.
   * Omit to throw it away.
   */
  onStdout?(chunk: Uint8Array<ArrayBuffer>): void;
  /**
   * Called for each line of stderr, without its end. Return `true` to keep it
   * out of the tail that errors show.
   */
  onStderrLine?(line: string): boolean | void;
}

/** How a child process ended. */
export interface ChildExit {
  /** Its exit status, unless a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it. */
  readonly signal: string | null;
  /** Whether it had to be killed because it did not heed the first signal. */
  readonly forced: boolean;
  /** The last lines it wrote to stderr, 100 at most. */
  readonly stderrTail: readonly string[];
}

/**
 * A child process, in a process group of its own. It dies with this process,
 * whichever way that ends; what it has started dies when it ends. Disposing
 * ends it and waits for its end.
 */
export interface ChildProcess extends AsyncDisposable {
  /** Process id. */
  readonly pid: number;
  /**
   * Writes to the child's stdin; resolves when the system has taken the bytes.
   *
   * @throws {StreamError} "lost" if the child no longer reads.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Closes the child's stdin. */
  endInput(): void;
  /** Resolves when the child is gone and all its output was handed over. */
  readonly exit: Promise<ChildExit>;
}

/**
 * A pipe that a child process opens by its path. It has room for 1 MiB.
 * Disposing closes it: who writes to it then fails.
 */
export interface ChildPipe extends Disposable {
  /** What opens it for writing. */
  readonly path: string;
  /** What opens it for reading, where another child is to read. */
  readonly readerPath: string;
  /**
   * Reads what is there, without waiting.
   *
   * @returns How many bytes were read; 0 if there is nothing.
   */
  readNow(view: Uint8Array<ArrayBuffer>): number;
  /**
   * What arrives, each chunk borrowed until the next one is asked for. Ends
   * once {@linkcode ChildPipe.end} was called and everything is read, or it is
   * disposed of. To be asked for once.
   */
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** To be called when the child is gone: nothing more is to be waited for. */
  end(): void;
}

/** What one child process may read, once. Disposing takes it back. */
export interface Secret extends Disposable {
  /** Where the child finds it. */
  readonly path: string;
}
