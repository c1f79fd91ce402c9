/**
 * A machine without a machine: its clock stands still until a test moves it,
 * its files, pipes, connections and processes are in memory.
 *
 * @module
 */

import type {
  ChildPipe,
  ChildProcess,
  DialOptions,
  Fifo,
  FifoOptions,
  ListenOptions,
  PathKind,
  ProcessName,
  Runtime,
  Secret,
  SharedMemory,
  SharedMemoryOptions,
  SpawnOptions,
  TcpConnection,
  TcpListener,
  UdpOptions,
  UdpSocket,
  VideoDevice,
} from "../../agent/plugin/runtime.ts";
import { FakeChildPipe } from "./child_pipe.ts";
import { FakeClock, settle } from "./clock.ts";
import { FakeFifos } from "./fifo.ts";
import { FakeFiles } from "./files.ts";
import { Ledger } from "./ledger.ts";
import { FakeNetwork } from "./network.ts";
import { FakePrograms } from "./process.ts";
import { FakeSharedMemory } from "./shared_memory.ts";
import { FakeStdout } from "./stdout.ts";
import { FakeUdp } from "./udp.ts";

/** A {@linkcode Runtime} for tests. */
export class FakeRuntime extends FakeClock implements Runtime {
  /** Number of this process. */
  readonly pid = 4711;
  /** Its file system. */
  readonly files: FakeFiles = new FakeFiles();
  /** Its network. */
  readonly network: FakeNetwork;
  /** Its network, as far as datagrams go. */
  readonly udp: FakeUdp;
  /** Its programs. */
  readonly processes: FakePrograms;
  /** Its named pipes. */
  readonly fifos: FakeFifos;
  /** Its shared memory. */
  readonly memory: FakeSharedMemory;
  /** Where its stdout goes. */
  readonly stdout: FakeStdout = new FakeStdout();
  /** Pipes that were made for children. */
  readonly pipes: FakeChildPipe[] = [];
  /** Who has which file open, by path. */
  readonly users = new Map<string, ProcessName[]>();
  /** Cameras that are devices of V4L2. */
  readonly videoDevices: VideoDevice[] = [];
  readonly #ledger = new Ledger();
  readonly #claims = new Set<string>();

  /** Starts with nothing on it. */
  constructor() {
    super();
    this.network = new FakeNetwork(this, this.#ledger);
    this.udp = new FakeUdp(this.#ledger);
    this.processes = new FakePrograms(this, this.#ledger);
    this.fifos = new FakeFifos(this.files, this.#ledger);
    this.memory = new FakeSharedMemory(this.files, this.#ledger);
  }

  /** What was opened and not closed yet, in words, timers included. */
  get open(): string[] {
    const timers = this.sleeping > 0 ? [`${this.sleeping} timers`] : [];
    return [...this.#ledger.open, ...timers];
  }

  /** Resolves once everything has happened that needs no time. */
  turn(): Promise<void> {
    return settle();
  }

  /** See {@linkcode FakeFiles}. */
  kindOfPath(path: string): Promise<PathKind | undefined> {
    return this.files.kindOfPath(path);
  }

  /** See {@linkcode FakeFiles}. */
  readFile(path: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.files.readFile(path, most);
  }

  /** See {@linkcode FakeFiles}. */
  replaceFile(
    path: string,
    parts: Iterable<Uint8Array>,
    mode?: number,
  ): Promise<void> {
    return this.files.replaceFile(path, parts, mode);
  }

  /** See {@linkcode FakeFiles}. */
  removeFile(path: string): Promise<void> {
    return this.files.removeFile(path);
  }

  /** See {@linkcode FakePrograms}. */
  spawn(options: SpawnOptions): Promise<ChildProcess> {
    return this.processes.spawn(options);
  }

  /** Makes one in memory. */
  openPipe(ending = ""): ChildPipe {
    const number = this.pipes.length;
    const pipe = new FakeChildPipe(number, ending, this.#ledger);
    this.pipes.push(pipe);
    return pipe;
  }

  /** See {@linkcode FakePrograms}. */
  hasProgram(command: string): boolean {
    return this.processes.programs.has(command);
  }

  /** As the contract says. */
  usersOf(path: RegExp): Promise<ProcessName[]> {
    const found = [...this.users].filter(([name]) => path.test(name));
    return Promise.resolve(found.flatMap(([, users]) => users));
  }

  /** As the contract says. */
  listVideoDevices(): Promise<VideoDevice[]> {
    return Promise.resolve([...this.videoDevices]);
  }

  /** Keeps it among the files until it is taken back. */
  openSecret(bytes: Uint8Array<ArrayBuffer>): Secret {
    const entry = this.#ledger.enter("secret");
    const path = `/secret/${this.processes.started.length}`;
    this.files.paths.set(path, { kind: "fifo", content: bytes.slice() });
    return {
      path,
      [Symbol.dispose]: () => {
        this.files.paths.delete(path);
        entry[Symbol.dispose]();
      },
    };
  }

  /** See {@linkcode FakeNetwork}. */
  dialTcp(options: DialOptions): Promise<TcpConnection> {
    return this.network.dialTcp(options);
  }

  /** See {@linkcode FakeNetwork}. */
  listenTcp(options: ListenOptions): Promise<TcpListener> {
    return this.network.listenTcp(options);
  }

  /** See {@linkcode FakeUdp}. */
  resolveHost(host: string, signal: AbortSignal): Promise<string> {
    return this.udp.resolveHost(host, signal);
  }

  /** See {@linkcode FakeUdp}. */
  openUdp(options: UdpOptions): Promise<UdpSocket> {
    return this.udp.openUdp(options);
  }

  /** See {@linkcode FakeFifos}. */
  openFifo(options: FifoOptions): Promise<Fifo> {
    return this.fifos.openFifo(options);
  }

  /** See {@linkcode FakeSharedMemory}. */
  openSharedMemory(options: SharedMemoryOptions): Promise<SharedMemory> {
    return this.memory.openSharedMemory(options);
  }

  /** As the contract says. */
  claim(name: string): Disposable | undefined {
    if (this.#claims.has(name)) return undefined;
    this.#claims.add(name);
    const entry = this.#ledger.enter(`claim on ${name}`);
    return {
      [Symbol.dispose]: () => {
        this.#claims.delete(name);
        entry[Symbol.dispose]();
      },
    };
  }

  /** See {@linkcode FakeStdout}. */
  writeStdout(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.stdout.write(bytes);
  }
}
