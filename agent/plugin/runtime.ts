/**
 * The machine, as far as plugins may touch it: files, sockets, processes and
 * the clock. The agent implements it for Deno and Bun, tests fake it.
 *
 * @module
 */

import type { Microseconds, Milliseconds } from "../media/time.ts";

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

/** An open TCP connection. */
export interface TcpConnection extends AsyncDisposable {
  /** `host:port` of the other side, for logs. */
  readonly peer: string;
  /** Numeric address of the other side, without the port. */
  readonly peerHost: string;
  /**
   * The bytes that arrive. Each chunk is borrowed until the next one is asked
   * for. Ends when the peer closes its side.
   *
   * @throws {StreamError} "lost" if the connection breaks.
   */
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /**
   * Resolves when the system has taken the bytes.
   *
   * @throws {StreamError} "lost" if the connection is gone.
   */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

/** How a server proves who it is; by nothing else, it is not believed. */
export interface TlsOptions {
  /**
   * Certificates that are trusted in place of the well-known ones, as PEM.
   * Server certificates have to name the host.
   */
  ca?: string;
  /**
   * SHA-256 of the one certificate that is trusted, as 64 hexadecimal digits;
   * colons may stand between them. Whom it names does not matter then.
   */
  fingerprint?: string;
}

/** How a connection is opened. */
export interface DialOptions {
  /** Name or numeric address. */
  host: string;
  /** 1 to 65535. */
  port: number;
  /** Gives up, and closes a connection that is open already. */
  signal: AbortSignal;
  /** How long the peer may take to answer. */
  timeout: Milliseconds;
  /**
   * Bounds what the system keeps for a peer that does not read, in bytes. Best
   * effort: not every system can. Omit for its default.
   */
  sendBuffer?: number;
  /** Encrypts the connection, once the server has proven who it is. */
  tls?: TlsOptions;
}

/** Where connections are accepted. */
export interface ListenOptions {
  /** Numeric address; `0.0.0.0` or `::` for every interface. */
  host: string;
  /** 0 asks the system for a free port. */
  port: number;
  /**
   * Bounds what the system keeps for a peer that does not read, in bytes per
   * connection. Best effort: not every system can. Omit for its default.
   */
  sendBuffer?: number;
}

/** Accepts TCP connections. Disposing closes those that nobody has taken. */
export interface TcpListener extends AsyncDisposable {
  /** The port it listens on, also where 0 was asked for. */
  readonly port: number;
  /** Connections as they come; each belongs to whoever takes it. */
  readonly connections: AsyncIterable<TcpConnection>;
}

/** How a UDP socket treats multicast groups. */
export interface MulticastOptions {
  /**
   * The group to join. Omit to send only. The socket stays a member, though
   * its interface goes away and comes back.
   */
  group?: string | undefined;
  /**
   * Where groups are: an interface's name, or an address that it has. Omit for
   * the one that the system's routes lead to.
   */
  interface?: string | undefined;
  /**
   * How many routers may pass on what is sent to a group, plus one.
   *
   * @default {1}
   */
  ttl?: number | undefined;
  /**
   * Whether this machine gets what it sends to a group as well.
   *
   * @default {true}
   */
  loopback?: boolean | undefined;
}

/** How a UDP socket is opened. */
export interface UdpOptions {
  /**
   * Numeric address to bind: one of this machine, `0.0.0.0` or `::` for every
   * interface, or a group, whose port any number of sockets may share.
   */
  host: string;
  /** 0 asks the system for a free port. */
  port: number;
  /** Omit where no group is involved. */
  multicast?: MulticastOptions | undefined;
  /** Numeric address of the only sender to hear. Omit to hear everybody. */
  source?: string | undefined;
  /**
   * Bytes that the system is to keep until they are read; it may allow less.
   * Omit for its default.
   */
  receiveBuffer?: number | undefined;
}

/** A datagram that arrived. */
export interface Datagram {
  /** What it carries, borrowed until the next one is asked for. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Numeric address of who sent it. */
  readonly host: string;
  /** The port it was sent from. */
  readonly port: number;
}

/** An open UDP socket. */
export interface UdpSocket extends AsyncDisposable {
  /** The port it is bound to, also where 0 was asked for. */
  readonly port: number;
  /** Bytes that the system keeps for it, where it tells. */
  readonly receiveBuffer: number | undefined;
  /** What arrives. Ends when the socket is disposed of. */
  readonly datagrams: AsyncIterable<Datagram>;
  /**
   * Resolves when the system has taken the datagram, which does not mean that
   * it arrives.
   *
   * @param host Numeric address.
   * @throws {StreamError} "lost" if the system refuses it.
   */
  send(
    data: Uint8Array<ArrayBuffer>,
    host: string,
    port: number,
  ): Promise<void>;
  /**
   * Counts datagrams that arrived and were thrown away: because nobody took
   * them in time, as far as the system tells, or because of their sender.
   */
  dropped(): number;
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

/** How a child process is started. */
export interface SpawnOptions {
  /** Name of a program on PATH, or a path. */
  command: string;
  /** Passed as they are; there is no shell. */
  args: readonly string[];
  /** Ends the child, by SIGTERM and then SIGKILL. */
  signal: AbortSignal;
  /**
   * Ends it by SIGINT in place of SIGTERM, for programs that put their hardware
   * in order only then.
   */
  interrupt?: boolean;
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

/** A process of this machine. */
export interface ProcessName {
  /** Process id. */
  readonly pid: number;
  /** The first 15 bytes of its program's name. */
  readonly name: string;
}

/** A size that a camera has, and its rates. */
export interface VideoMode {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Pictures per second, the most first. */
  readonly fps: readonly number[];
}

/** A way in which a camera delivers pictures. */
export interface VideoFormat {
  /** V4L2's four letters, such as `YUYV`. */
  readonly fourcc: string;
  /** Sizes, the largest first. */
  readonly modes: readonly VideoMode[];
}

/** A camera that is a device of V4L2. */
export interface VideoDevice {
  /** Such as `/dev/video0`: another one after the next start. */
  readonly path: string;
  /** Names that stay the same, of links to it. */
  readonly links: readonly string[];
  /** What it calls itself; anything, of no more than 31 bytes. */
  readonly name: string;
  /** Of the kernel's. */
  readonly driver: string;
  /** Where it is plugged in. */
  readonly bus: string;
  /** Whether somebody streams from it. */
  readonly busy: boolean;
  /** In its own order. */
  readonly formats: readonly VideoFormat[];
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
   * @throws {ConfigError} If the port is taken, or the address is not ours.
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
