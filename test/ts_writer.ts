/**
 * Writes MPEG transport streams, right and wrong, for tests of what reads them.
 *
 * @module
 */

type Bytes = Uint8Array | readonly number[];

/** Everything of a packet but its PID and payload. */
export interface TsPacketFields {
  startsUnit: boolean;
  counter: number;
  discontinuity: boolean;
  /** transport_error_indicator. */
  error: boolean;
  scrambled: boolean;
  /** An adaptation field with a clock reference. */
  pcr: boolean;
}

/**
 * Writes a packet, filled up in front of the payload as FFmpeg does it. Without
 * payload it has an adaptation field only.
 */
export function writeTsPacket(
  pid: number,
  payload: Bytes,
  fields: Partial<TsPacketFields> = {},
): Uint8Array<ArrayBuffer> {
  const { counter = 0, pcr = false, discontinuity = false } = fields;
  const fieldBytes = 184 - payload.length;
  const flags = (discontinuity ? 0x80 : 0) | (pcr ? 0x10 : 0);
  if (fieldBytes < (pcr ? 8 : flags > 0 ? 2 : 0)) {
    throw new RangeError(`Cannot write packet: ${payload.length} bytes`);
  }
  const packet = new Uint8Array(188).fill(0xff);
  packet[0] = 0x47;
  packet[1] = (fields.error ? 0x80 : 0) | (fields.startsUnit ? 0x40 : 0) |
    pid >> 8;
  packet[2] = pid;
  packet[3] = (fields.scrambled ? 0x80 : 0) | (fieldBytes > 0 ? 0x20 : 0) |
    (payload.length > 0 ? 0x10 : 0) | counter & 0xf;
  if (fieldBytes > 0) packet[4] = fieldBytes - 1;
  if (fieldBytes > 1) packet[5] = flags;
  if (pcr) packet.set([1, 2, 3, 4, 0x7e, 0], 6);
  packet.set(payload, 188 - payload.length);
  return packet;
}

/** Cuts a PES packet or a section into packets of one PID, as FFmpeg does it. */
export function writeTsPackets(
  pid: number,
  data: Bytes,
  { counter = 0, pcr = false } = {},
): Uint8Array<ArrayBuffer>[] {
  const packets: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < data.length;) {
    const first = at === 0;
    const payload = data.slice(at, at + (first && pcr ? 176 : 184));
    const fields = { startsUnit: first, counter, pcr: first && pcr };
    packets.push(writeTsPacket(pid, payload, fields));
    at += payload.length;
    counter++;
  }
  return packets;
}

/** What {@linkcode writePes} writes besides the payload. */
export interface PesFields {
  streamId: number;
  /** In ticks of 90 kHz; omit: none is written. */
  pts: number;
  /** PES_packet_length; omit: 0, as FFmpeg writes it. */
  length: number | "right";
}

/** Writes a PES packet of video. */
export function writePes(
  payload: Bytes,
  fields: Partial<PesFields> = {},
): Uint8Array<ArrayBuffer> {
  const { streamId = 0xe0, pts, length = 0 } = fields;
  const time = pts === undefined ? [] : [
    0x21 | Math.floor(pts / 2 ** 29) & 0xe,
    pts / 2 ** 22 & 0xff,
    pts / 2 ** 14 & 0xfe | 1,
    pts / 2 ** 7 & 0xff,
    pts * 2 & 0xfe | 1,
  ];
  const bytes = length === "right" ? 3 + time.length + payload.length : length;
  return Uint8Array.from([
    ...[0, 0, 1, streamId, bytes >> 8, bytes & 0xff],
    ...[0x80, time.length > 0 ? 0x80 : 0, time.length, ...time],
    ...payload,
  ]);
}

/** What {@linkcode writeSection} writes besides the table. */
export interface SectionFields {
  version: number;
  current: boolean;
  number: number;
}

/** Writes a section with its CRC, behind a pointer_field. */
export function writeSection(
  tableId: number,
  id: number,
  table: Bytes,
  { version = 0, current = true, number = 0 }: Partial<SectionFields> = {},
): Uint8Array<ArrayBuffer> {
  const length = table.length + 9;
  const section = [
    ...[tableId, 0xb0 | length >> 8, length & 0xff, id >> 8, id & 0xff],
    ...[0xc0 | version << 1 | (current ? 1 : 0), number, number],
    ...table,
  ];
  let crc = 0xffffffff;
  for (const byte of section) {
    for (let bit = 7; bit >= 0; bit--) {
      const isOdd = (crc >>> 31 ^ byte >> bit & 1) === 1;
      crc = (crc << 1 ^ (isOdd ? 0x04c11db7 : 0)) >>> 0;
    }
  }
  const sum = [crc >>> 24, crc >> 16 & 0xff, crc >> 8 & 0xff, crc & 0xff];
  return Uint8Array.of(0, ...section, ...sum);
}

/** Writes the program association table: PIDs of maps by program. */
export function writePat(
  programs: Readonly<Record<number, number>>,
  fields: Partial<SectionFields> = {},
): Uint8Array<ArrayBuffer> {
  const table = Object.entries(programs).flatMap(([program, pid]) => [
    ...[Number(program) >> 8, Number(program) & 0xff],
    ...[0xe0 | pid >> 8, pid & 0xff],
  ]);
  return writeSection(0, 1, table, fields);
}

/** A stream of a program map. */
export interface PmtStream {
  type: number;
  pid: number;
  descriptors?: Bytes;
}

/** Writes the map of a program. */
export function writePmt(
  program: number,
  streams: readonly PmtStream[],
  fields: Partial<SectionFields & { descriptors: Bytes }> = {},
): Uint8Array<ArrayBuffer> {
  const { descriptors: own = [] } = fields;
  const entries = streams.flatMap(({ type, pid, descriptors = [] }) => [
    ...[type, 0xe0 | pid >> 8, pid & 0xff],
    ...[0xf0 | descriptors.length >> 8, descriptors.length & 0xff],
    ...descriptors,
  ]);
  const head = [0xe1, 0, 0xf0 | own.length >> 8, own.length & 0xff, ...own];
  return writeSection(2, program, [...head, ...entries], fields);
}

/** PID of the program map that {@linkcode TsWriter} writes. */
export const PMT_PID = 0x1000;

/** PID of its video. */
export const VIDEO_PID = 0x100;

/** Writes packets one after the other, and counts those of each PID. */
export class TsWriter {
  /** What was written. */
  readonly packets: Uint8Array<ArrayBuffer>[] = [];
  readonly #counters = new Map<number, number>();

  /** All of it in one piece. */
  get data(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.packets.flatMap((packet) => [...packet]));
  }

  /** Writes both tables: a program with one stream. */
  tables(type = 0x1b, pid = VIDEO_PID): this {
    return this.put(0, writePat({ 1: PMT_PID }))
      .put(PMT_PID, writePmt(1, [{ type, pid }]));
  }

  /** Writes a PES packet. */
  pes(
    payload: Bytes,
    { pid = VIDEO_PID, pcr = false, ...fields }:
      & Partial<PesFields>
      & { pid?: number; pcr?: boolean } = {},
  ): this {
    return this.put(pid, writePes(payload, fields), pcr);
  }

  /** Writes a PES packet or a section. */
  put(pid: number, data: Bytes, pcr = false): this {
    const counter = this.#counters.get(pid) ?? 0;
    const packets = writeTsPackets(pid, data, { counter, pcr });
    this.#counters.set(pid, counter + packets.length);
    this.packets.push(...packets);
    return this;
  }

  /** Writes one packet. */
  packet(
    pid: number,
    payload: Bytes,
    fields: Partial<TsPacketFields> = {},
  ): this {
    const counter = this.#counters.get(pid) ?? 0;
    this.#counters.set(pid, counter + (payload.length > 0 ? 1 : 0));
    this.packets.push(writeTsPacket(pid, payload, { counter, ...fields }));
    return this;
  }

  /** Leaves out packets that would have come. */
  lose(count: number, pid = VIDEO_PID): this {
    this.#counters.set(pid, (this.#counters.get(pid) ?? 0) + count);
    return this;
  }
}
