/**
 * Which stream of a transport stream has the pictures.
 *
 * @module
 */

import type { TsPacket } from "./packet.ts";
import { SectionReader } from "./section.ts";
import {
  type PatEntry,
  type Pmt,
  type PmtEntry,
  readPat,
  readPmt,
} from "./tables.ts";

/** A stream of pictures that we can read. */
export interface VideoEntry {
  /** Of which program. */
  readonly program: number;
  /** Where its PES packets are. */
  readonly pid: number;
  /** How it is coded. */
  readonly codec: "h264" | "hevc";
}

/** PID of the program association table (ITU-T H.222.0, Table 2-3). */
const PAT_PID = 0;

/**
 * Follows the tables of a transport stream. The first program with video of a
 * codec we know is chosen, and kept as long as it is there.
 */
export class ProgramGuide {
  readonly #pat = new SectionReader();
  /** PIDs of program maps, by program. */
  #programs = new Map<number, number>();
  /** By PID. */
  #maps = new Map<number, SectionReader | undefined>();
  #video: VideoEntry | undefined;
  #foreign: { readonly program: number; readonly type: number } | undefined;

  /** The chosen stream; another object when it becomes another one. */
  get video(): VideoEntry | undefined {
    return this.#video;
  }

  /** stream_type of video of another codec, where there is none that we know. */
  get foreignStreamType(): number | undefined {
    return this.#video === undefined ? this.#foreign?.type : undefined;
  }

  /** Tells whether packets of a PID have tables. */
  has(pid: number): boolean {
    return pid === PAT_PID || this.#maps.has(pid);
  }

  /** Takes the next packet with tables, borrowed until it returns. */
  push(packet: TsPacket): void {
    const { pid } = packet;
    if (pid === PAT_PID) {
      for (const section of this.#pat.push(packet)) {
        const entries = readPat(section);
        if (entries) this.#list(entries);
      }
      return;
    }
    const map = this.#maps.get(pid) ?? new SectionReader();
    this.#maps.set(pid, map);
    for (const section of map.push(packet)) {
      const pmt = readPmt(section);
      if (pmt && this.#programs.get(pmt.program) === pid) this.#choose(pmt);
    }
  }

  #list(entries: readonly PatEntry[]): void {
    const programs = new Map(entries.map(({ program, pid }) => [program, pid]));
    this.#programs = programs;
    this.#maps = new Map(entries.map(({ pid }) => [pid, this.#maps.get(pid)]));
    if (!programs.has(this.#video?.program ?? 0)) this.#video = undefined;
    if (!programs.has(this.#foreign?.program ?? 0)) this.#foreign = undefined;
  }

  #choose(pmt: Pmt): void {
    const { program, entries } = pmt;
    const [before, video] = [this.#video, videoOf(pmt)];
    const isSame = before?.pid === video?.pid && before?.codec === video?.codec;
    if ((before?.program ?? program) === program && !isSame) {
      this.#video = video;
    }
    if ((this.#foreign?.program ?? program) !== program) return;
    const foreign = entries.find(({ type }) => FOREIGN_TYPES.has(type));
    this.#foreign = foreign && { program, type: foreign.type };
  }
}

/** Finds the first stream of a program that we can read. */
function videoOf({ program, entries }: Pmt): VideoEntry | undefined {
  for (const entry of entries) {
    const codec = codecOf(entry);
    if (codec) return { program, pid: entry.pid, codec };
  }
  return undefined;
}

/** stream_type of H.264 (ITU-T H.222.0, Table 2-34). */
const H264_TYPE = 0x1b;

/** stream_type of H.265. */
const HEVC_TYPE = 0x24;

/** stream_type of private data: a registration descriptor tells. */
const PRIVATE_TYPE = 0x06;

function codecOf(
  { type, registration }: PmtEntry,
): "h264" | "hevc" | undefined {
  if (type === H264_TYPE) return "h264";
  if (type === HEVC_TYPE) return "hevc";
  return type === PRIVATE_TYPE && registration === "HEVC" ? "hevc" : undefined;
}

/**
 * stream_type of video of other codecs that FFmpeg reads: MPEG-1, MPEG-2,
 * MPEG-4, JPEG 2000, H.266, AVS, Dirac, AVS2, AVS3, VC-1 (FFmpeg's mpegts.h).
 */
const FOREIGN_TYPES = new Set([
  ...[0x01, 0x02, 0x10, 0x21, 0x33],
  ...[0x42, 0xd1, 0xd2, 0xd4, 0xea],
]);
