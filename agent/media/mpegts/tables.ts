/**
 * The two tables that say which streams there are, and what is in them.
 *
 * @module
 */

/** A program, and where its map is (ITU-T H.222.0, 2.4.4.3). */
export interface PatEntry {
  /** program_number. */
  readonly program: number;
  /** PID of its map. */
  readonly pid: number;
}

/** A stream of a program (ITU-T H.222.0, 2.4.4.8). */
export interface PmtEntry {
  /** stream_type (ITU-T H.222.0, Table 2-34). */
  readonly type: number;
  /** Where its PES packets are. */
  readonly pid: number;
  /** format_identifier of a registration descriptor: four characters. */
  readonly registration?: string;
}

/** A program map. */
export interface Pmt {
  /** program_number. */
  readonly program: number;
  /** Its streams, in the order of the map; 201 at most. */
  readonly entries: readonly PmtEntry[];
}

/** Values of table_id (ITU-T H.222.0, Table 2-31). */
const TABLE = { pat: 0, pmt: 2 } as const;

/** From table_id to last_section_number. */
const HEADER_BYTES = 8;

/** Bytes behind the last entry. */
const CRC_BYTES = 4;

/**
 * Reads the program association table: the first section of it, as only
 * hundreds of programs fill a second one.
 *
 * @returns Up to 253 programs; `undefined` if it is another table, or does not
 * apply yet.
 */
export function readPat(section: Uint8Array): PatEntry[] | undefined {
  if (!isCurrent(section, TABLE.pat)) return undefined;
  const entries: PatEntry[] = [];
  const end = section.length - CRC_BYTES;
  for (let at = HEADER_BYTES; at + 4 <= end; at += 4) {
    const program = section[at]! << 8 | section[at + 1]!;
    // 0 is no program: the PID of a network's own table.
    if (program > 0) entries.push({ program, pid: pidAt(section, at + 2) });
  }
  return entries;
}

/**
 * Reads a program map, which is one section.
 *
 * @returns `undefined` if it is another table, or does not apply yet.
 */
export function readPmt(section: Uint8Array): Pmt | undefined {
  if (!isCurrent(section, TABLE.pmt)) return undefined;
  const entries: PmtEntry[] = [];
  const end = section.length - CRC_BYTES;
  // Behind PCR_PID stand descriptors of the program.
  let at = HEADER_BYTES + 4 + lengthAt(section, HEADER_BYTES + 2);
  while (at + 5 <= end) {
    const next = at + 5 + lengthAt(section, at + 3);
    const registration = registrationOf(section.subarray(at + 5, next));
    entries.push({
      type: section[at]!,
      pid: pidAt(section, at + 1),
      ...(registration !== undefined && { registration }),
    });
    at = next;
  }
  return { program: section[3]! << 8 | section[4]!, entries };
}

/** Tells by table_id, length, current_next_indicator and section_number. */
function isCurrent(section: Uint8Array, table: number): boolean {
  return section[0] === table && section.length >= HEADER_BYTES + CRC_BYTES &&
    (section[5]! & 1) !== 0 && section[6] === 0;
}

function pidAt(section: Uint8Array, at: number): number {
  return (section[at]! & 0x1f) << 8 | section[at + 1]!;
}

function lengthAt(section: Uint8Array, at: number): number {
  return (section[at]! & 0xf) << 8 | section[at + 1]!;
}

/** descriptor_tag of a registration descriptor (ITU-T H.222.0, 2.6.8). */
const REGISTRATION = 5;

/** Finds the format_identifier in the descriptors of a stream. */
function registrationOf(descriptors: Uint8Array): string | undefined {
  let at = 0;
  while (at + 6 <= descriptors.length) {
    const length = descriptors[at + 1]!;
    if (descriptors[at] === REGISTRATION && length >= 4) {
      return String.fromCharCode(...descriptors.subarray(at + 2, at + 6));
    }
    at += 2 + length;
  }
  return undefined;
}
