/**
 * Memory that other processes of this machine map as well.
 *
 * @module
 */

import * as fs from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { ConfigError } from "../errors.ts";
import type { SharedMemory, SharedMemoryOptions } from "../plugin/runtime.ts";
import { groupId } from "./group.ts";
import { cString, errnoName, type Libc, libc, O_CLOEXEC } from "./libc.ts";
import { type Mapping, type MemoryCalls, memoryCalls } from "./memory_calls.ts";
import { causeOf, codeOf, pathRefusalOf } from "./system_error.ts";

/**
 * open(2): a file without a name, so that nothing is left behind by whoever is
 * killed before it is complete. O_DIRECTORY differs between x86-64 and arm64.
 */
const O_RDWR = 2;
const O_TMPFILE = 0o20000000 | fs.constants.O_DIRECTORY;

/** linkat(2). */
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;

/** chown(2): the owner stays. */
const SAME_OWNER = 0xffffffff;

/** How much of a file that stands there is looked at. */
const HEAD_BYTES = 4096;

/** Makes shared memory, and gives it its name once it is complete. */
export async function openSharedMemory(
  options: SharedMemoryOptions,
): Promise<SharedMemory> {
  const { path } = options;
  if (libc === undefined || memoryCalls === undefined) {
    throw refusal(path, "this system has none that we can use", 69);
  }
  return await make(libc, memoryCalls, options);
}

async function make(
  libc: Libc,
  calls: MemoryCalls,
  options: SharedMemoryOptions,
): Promise<SharedMemory> {
  const { path, bytes } = options;
  const group = await groupOf(options);
  const file = openNameless(libc, path);
  let mapping: Mapping | undefined;
  try {
    const check = (result: number) => {
      if (result === 0) return;
      throw refusal(path, reasonOf(errnoName(libc.errno()), bytes));
    };
    if (group !== undefined) {
      check(calls.fchown(file, SAME_OWNER, group));
    }
    // The process's umask may have taken bits away.
    check(calls.fchmod(file, options.mode));
    // Without this, a full disk would end whoever writes, by SIGBUS.
    check(calls.fallocate(file, 0, 0, bytes));
    mapping = calls.map(file, bytes);
    if (mapping === undefined) check(-1);
    options.prepare(new Uint8Array(mapping!.buffer));
    const leftover = await judge(options);
    // From here to the name nothing is waited for: the memory that had it
    // before may be disposed of meanwhile.
    removeIf(path, leftover);
    const source = `/proc/self/fd/${file}`;
    const [from, to] = [cString(source), cString(path)];
    check(calls.linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW));
    const { ino } = await fs.promises.stat(source);
    return named(calls, mapping!, { path, ino });
  } catch (error) {
    mapping?.unmap();
    throw error;
  } finally {
    libc.close(file);
  }
}

function named(
  calls: MemoryCalls,
  mapping: Mapping,
  name: { path: string; ino: number },
): SharedMemory {
  return {
    bytes: new Uint8Array(mapping.buffer),
    wake: (offset) => calls.wake(mapping, offset),
    [Symbol.asyncDispose]() {
      mapping.unmap();
      removeIf(name.path, name.ino);
      return Promise.resolve();
    },
  };
}

/** Removes what stands at a path, unless that is something else by now. */
function removeIf(path: string, ino: number | undefined): void {
  if (ino === undefined) return;
  try {
    if (fs.lstatSync(path).ino === ino) fs.unlinkSync(path);
  } catch {
    // It is gone already.
  }
}

async function groupOf(
  { path, group }: SharedMemoryOptions,
): Promise<number | undefined> {
  if (group === undefined) return undefined;
  const id = await groupId(group);
  if (id === undefined) throw refusal(path, `there is no group "${group}"`, 64);
  return id;
}

function openNameless(libc: Libc, path: string): number {
  const folder = cString(dirname(path));
  const fd = libc.open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0o600);
  if (fd >= 0) return fd;
  throw refusal(path, reasonOf(errnoName(libc.errno()), 0));
}

/**
 * Looks at what stands at the path.
 *
 * @returns Its inode, if it is what a dead process has left; `undefined` if
 * nothing is there.
 * @throws {ConfigError} If it is something else.
 */
async function judge(
  { path, replaces }: SharedMemoryOptions,
): Promise<number | undefined> {
  const standing = await statOf(path);
  if (standing === undefined) return undefined;
  if (!standing.isFile() || standing.nlink > 1) throw refusal(path, OTHER);
  if (standing.uid !== process.geteuid?.()) {
    throw refusal(path, "shared memory of another user stands there");
  }
  const head = await readHead(path);
  // Disposed of since the look.
  if (head === undefined) return undefined;
  if (!replaces(head)) throw refusal(path, OTHER);
  return standing.ino;
}

const OTHER = "something else stands there; remove it or choose another name";

/** What stands at the path itself, links not followed. */
async function statOf(path: string): Promise<fs.Stats | undefined> {
  try {
    return await fs.promises.lstat(path);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT") return undefined;
    throw refusal(path, pathRefusalOf(code) ?? causeOf(cause), 73, cause);
  }
}

async function readHead(
  path: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const flags = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW;
  let file: fs.promises.FileHandle;
  try {
    file = await fs.promises.open(path, flags);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT") return undefined;
    throw refusal(path, pathRefusalOf(code) ?? causeOf(cause), 73, cause);
  }
  await using _ = file;
  const head = new Uint8Array(HEAD_BYTES);
  const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
  return head.subarray(0, bytesRead);
}

function refusal(
  path: string,
  why: string,
  exitCode = 73,
  cause?: unknown,
): ConfigError {
  const message = `Cannot make shared memory "${path}": ${why}`;
  return new ConfigError(message, { exitCode, cause });
}

function reasonOf(code: string, bytes: number): string {
  if (code === "ENOSPC" || code === "ENOMEM") {
    const size = (bytes / 1e6).toFixed(1);
    return `${size} MB do not fit in; free memory, or scale the frames down`;
  }
  if (code === "EEXIST") return OTHER;
  if (code === "EPERM") return "no permission; is the user in that group?";
  return pathRefusalOf(code) ?? `the system refuses (${code})`;
}
