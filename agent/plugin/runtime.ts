/**
 * The machine, as far as plugins may touch it: files, sockets, processes and
 * the clock. The agent implements it for Deno and Bun, tests fake it.
 *
 * @module
 */

import type { Microseconds, Milliseconds } from "../media/time.ts";
import type { ChildPipe, ChildProcess, Secret, SpawnOptions } from "./child.ts";
import type {
  DialOptions,
  ListenOptions,
  TcpConnection,
  TcpListener,
  UdpOptions,
  UdpSocket,
} from "./network.ts";
import type { VideoDevice } from "./video_device.ts";

export type * from "./child.ts";
export type * from "./network.ts";
export type * from "./video_device.ts";

/** Reads the time and waits for it. */
export interface Clock {
  /** CLOCK_MONOTONIC: the same reading in every process since boot. */
  now(): Milliseconds;
  /** CLOCK_REALTIME, since 1970-01-01 UTC. Steps when the clock is set. */
  wallClock(): Microseconds;
  /**
   * Resolves after `duration`.
   *
   * @throws The signal's reason, at once, when `signal` aborts.
   */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
}

/** One end of a named pipe with one reader, written without blocking. */
export interface FifoWriter extends Disposable {
  /** Bytes written that the reader has not read yet. */
  pending(): number;
  /**
   * Writes as much as fits now.
   *
   * @returns How many bytes that was; 0 if the pipe is full.
   * @throws {StreamError} "lost" if the reader is gone.
   */
  write(bytes: Uint8Array<ArrayBuffer>): number;
}

/**
 * A named pipe in the file system that gives every reader an inode of its own,
 * so that what one leaves behind never reaches the next. Readers that open it
 * between the same two calls of {@linkcode Fifo.accept} share one, and each
 * gets but a part: a second consumer is better off with a pipe of its own.
 * Disposing removes it, and ends the readers that still wait for a writer.
 */
export interface Fifo extends AsyncDisposable {
  /** Permission bits: those it was made with, or has been given since. */
  readonly mode: number;
  /**
   * Takes a reader that has opened the path since the last call, and puts a
   * fresh inode in its place. Never blocks.
   *
   * @param capacity Wanted capacity of the pipe in bytes; the system rounds
   * up, or keeps its default.
   * @returns Its writer, owned by the caller, or `undefined` without a reader.
   */
  accept(capacity: number): FifoWriter | undefined;
}

/** How a named pipe is made. */
export interface FifoOptions {
  /** Where it is to stand. */
  path: string;
  /** Permission bits; what stands there already keeps its own. */
  mode: number;
}

/**
 * Memory that other processes of this machine map as well. Disposing gives it
 * back, and removes its name unless something else stands there by now.
 */
export interface SharedMemory extends AsyncDisposable {
  /** All of it. Touching it once disposed of ends the process. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * Wakes every process that waits at a word, as futex(2) has it.
   *
   * @param offset Of the 32-bit word, from the first byte on; a multiple of 4.
   */
  wake(offset: number): void;
}

/** How shared memory is made. */
export interface SharedMemoryOptions {
  /** Where its name is to stand, in a file system that is memory. */
  path: string;
  /** How much; all of it is reserved. */
  bytes: number;
  /** Permission bits. */
  mode: number;
  /** Name or number of the group it belongs to. Omit for the user's own. */
  group?: string | undefined;
  /** Called once with zeros, to fill in what the first one to look needs. */
  prepare(bytes: Uint8Array<ArrayBuffer>): void;
  /**
   * Judges a file of our user that stands there.
   *
   * @param head Its first bytes, 4096 at most.
   * @returns Whether it is what a dead process has left, and may go.
   * @throws What is to be said instead of "something else stands there".
   */
  replaces(head: Uint8Array<ArrayBuffer>): boolean;
}

/** A process of this machine. */
export interface ProcessName {
  /** Process id. */
  readonly pid: number;
  /** The first 15 bytes of its program's name. */
  readonly name: string;
}

/** What stands at a path. */
export type PathKind = "file" | "folder" | "fifo" | "device" | "socket";

/** The machine. */
export interface Runtime extends Clock {
  /** Number of this process. */
  readonly pid: number;
  /** Resolves once everything that is due already has been handled. */
  turn(): Promise<void>;
  /**
   * Tells what stands at a path, links followed.
   *
   * @returns `undefined` if there is nothing.
   * @throws {ConfigError} If it is there and cannot be read.
   */
  kindOfPath(path: string): Promise<PathKind | undefined>;
  /**
   * Reads a whole file.
   *
   * @param most Bytes that it may have.
   * @throws {ConfigError} If it cannot be read, or is larger.
   */
  readFile(path: string, most: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Replaces `path` in one step, so that no reader sees half a file.
   *
   * @param mode Its permission bits.
   * @default {0o600} Only our user may read it.
   * @throws {ConfigError} If it may not stand there.
   * @throws {StreamError} "lost" if the system cannot, as on a full disk.
   */
  replaceFile(
    path: string,
    parts: Iterable<Uint8Array>,
    mode?: number,
  ): Promise<void>;
  /** Removes a file if it is there. */
  removeFile(path: string): Promise<void>;
  /** Tells whether a program is on PATH. */
  hasProgram(command: string): boolean;
  /**
   * Finds the processes that have a file open, as far as we may know: those of
   * our own user, all of them for root. It may be half a minute old.
   *
   * @param path Fits the whole of its path, or a part.
   */
  usersOf(path: RegExp): Promise<ProcessName[]>;
  /** Lists the cameras that are devices of V4L2, by their paths. */
  listVideoDevices(): Promise<VideoDevice[]>;
  /**
   * Starts a child process.
   *
   * @throws {ProcessError} "not-found" if there is no such program, "exited"
   * if the system cannot start it now.
   */
  spawn(options: SpawnOptions): Promise<ChildProcess>;
  /**
   * Makes a pipe for a child process to write to.
   *
   * @param ending What its path is to end with, such as `.h264`.
   * @throws {ConfigError} If this system has none that we can use.
   */
  openPipe(ending?: string): ChildPipe;
  /**
   * Lays bytes where a child process finds them, and no other user does: of a
   * child's arguments everybody may read all.
   *
   * @param bytes 4096 at most; copied.
   */
  openSecret(bytes: Uint8Array<ArrayBuffer>): Secret;
  /**
   * Opens a TCP connection.
   *
   * @throws {StreamError} "refused" if nobody answers.
   */
  dialTcp(options: DialOptions): Promise<TcpConnection>;
  /**
   * Listens for TCP connections.
   *
   * @throws {ConfigError} If the port is taken, the address is not ours, or
   * certificate and key are none, or do not belong together.
   */
  listenTcp(options: ListenOptions): Promise<TcpListener>;
  /**
   * Finds the address of a machine.
   *
   * @param host Its name; a numeric address is returned as it is.
   * @returns A numeric address, IPv4 before IPv6.
   * @throws {ConfigError} If it looks like an IPv4 address and is none;
   * {@linkcode StreamError} "refused" if nobody knows the name.
   */
  resolveHost(host: string, signal: AbortSignal): Promise<string>;
  /**
   * Opens a UDP socket.
   *
   * @throws {ConfigError} If the port is taken, the address is not ours, or
   * the group cannot be joined.
   */
  openUdp(options: UdpOptions): Promise<UdpSocket>;
  /**
   * Makes a named pipe.
   *
   * @throws {ConfigError} If something else stands there, or nothing may.
   */
  openFifo(options: FifoOptions): Promise<Fifo>;
  /**
   * Makes shared memory.
   *
   * @throws {ConfigError} If something else stands there, nothing may, or it
   * does not fit in.
   */
  openSharedMemory(options: SharedMemoryOptions): Promise<SharedMemory>;
  /**
   * Claims a name among all processes of this machine. The system takes the
   * claim back whichever way this process ends; disposing gives it back.
   *
   * @returns `undefined` if somebody else has it.
   */
  claim(name: string): Disposable | undefined;
  /**
   * Writes to this process's stdout; resolves when the system has taken all.
   *
   * @throws {StreamError} "ended" if its reader is gone.
   */
  writeStdout(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}
