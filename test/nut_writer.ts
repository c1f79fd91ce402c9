/**
 * Writes NUT, right and wrong, for tests of what reads it.
 *
 * @module
 */

/** "v", an unsigned number. */
export function nutV(value: number): number[] {
  const bytes = [value % 0x80];
  while ((value = Math.floor(value / 0x80)) > 0) {
    bytes.unshift(0x80 + value % 0x80);
  }
  return bytes;
}

/** "s", a signed number. */
export function nutS(value: number): number[] {
  return nutV(value > 0 ? 2 * value - 1 : -2 * value);
}

/** "vb", bytes behind their length. */
export function nutVb(bytes: readonly number[]): number[] {
  return [...nutV(bytes.length), ...bytes];
}

/** What all NUT begins with. */
export const NUT_ID: readonly number[] = [
  ...new TextEncoder().encode("nut/multimedia container\0"),
];

const STARTCODES = {
  main: "4e4d7a561f5f04ad",
  stream: "4e5311405bf2f9db",
  syncpoint: "4e4be4adeeca4569",
  info: "4e49ab68b596ba78",
  index: "4e58dd672f23e64e",
  unknown: "4e55000102030405",
};

/** A header with its startcode, and checksums that nobody looks at. */
export function nutHeader(
  kind: keyof typeof STARTCODES,
  ...payload: readonly (readonly number[])[]
): number[] {
  const bytes = payload.flat();
  const length = bytes.length + 4;
  return [
    ...Uint8Array.fromHex(STARTCODES[kind]),
    ...nutV(length),
    ...(length > 4096 ? [1, 2, 3, 4] : []),
    ...bytes,
    ...[5, 6, 7, 8],
  ];
}

/** What {@linkcode nutMain} writes. */
export interface NutMain {
  version: number;
  streams: number;
  timeBases: readonly (readonly [num: number, den: number])[];
  /** Fields of the frame codes, in groups: flags, count of fields, fields. */
  codes: readonly (readonly number[])[];
  elided: readonly (readonly number[])[];
}

/**
 * The first code that frames may begin with: says nothing, so that everything
 * is in the frame.
 */
export const CODED = 1;

/** So many frame codes that differ in their size: 0, 1, 2... */
export function nutCodes(count: number, flags: number, pts = 0): number[] {
  const [mul, stream, size, reserved] = [count, 0, 0, 0];
  return [
    ...nutV(flags),
    6,
    ...nutS(pts),
    ...nutV(mul),
    ...[stream, size, reserved],
    ...nutV(count),
  ];
}

const [FLAG_CODED, FLAG_INVALID] = [1 << 12, 1 << 13];

/** The main header: one stream of milliseconds, unless told otherwise. */
export function nutMain(fields: Partial<NutMain> = {}): number[] {
  const { version = 3, streams = 1, timeBases = [[1, 1000]] } = fields;
  const { elided = [] } = fields;
  const { codes = [nutCodes(1, FLAG_INVALID), nutCodes(1, FLAG_CODED)] } =
    fields;
  return nutHeader(
    "main",
    nutV(version),
    nutV(streams),
    nutV(32_767),
    nutV(timeBases.length),
    ...timeBases.map(([num, den]) => [...nutV(num), ...nutV(den)]),
    ...codes,
    nutCodes(256, FLAG_INVALID),
    nutV(elided.length),
    ...elided.map(nutVb),
  );
}

/** What {@linkcode nutStream} writes. */
export interface NutStream {
  id: number;
  /** 0 is video, 1 sound. */
  streamClass: number;
  fourcc: string;
  timeBase: number;
  msbPtsShift: number;
  extradata: readonly number[];
  size: readonly [width: number, height: number];
}

/** A stream header: VP8 of 64x48, unless told otherwise. */
export function nutStream(fields: Partial<NutStream> = {}): number[] {
  const { id = 0, streamClass = 0, fourcc = "VP80", timeBase = 0 } = fields;
  const { msbPtsShift = 7, extradata = [], size = [64, 48] } = fields;
  return nutHeader(
    "stream",
    nutV(id),
    nutV(streamClass),
    nutVb([...new TextEncoder().encode(fourcc)]),
    nutV(timeBase),
    nutV(msbPtsShift),
    nutV(1000),
    nutV(0),
    nutV(0),
    nutVb(extradata),
    nutV(size[0]),
    nutV(size[1]),
    [0, 0, 0],
  );
}

/** What {@linkcode nutFrame} writes; what is absent is not written. */
export interface NutFrame {
  key: boolean;
  end: boolean;
  /** "coded_pts" */
  pts: number;
  stream: number;
  matchTime: number;
  elided: number;
  reserved: readonly number[];
  checksum: boolean;
}

/** A frame that begins with {@linkcode CODED}. */
export function nutFrame(
  data: readonly number[],
  fields: Partial<NutFrame> = {},
  size = data.length,
): number[] {
  const { key, end, pts, stream, matchTime, elided, reserved, checksum } =
    fields;
  const flags = Number(key ?? false) | Number(end ?? false) << 1 |
    Number(pts !== undefined) << 3 | Number(stream !== undefined) << 4 |
    1 << 5 | Number(checksum ?? false) << 6 |
    Number(reserved !== undefined) << 7 | Number(elided !== undefined) << 10 |
    Number(matchTime !== undefined) << 11;
  return [
    CODED,
    ...nutV(flags),
    ...(stream === undefined ? [] : nutV(stream)),
    ...(pts === undefined ? [] : nutV(pts)),
    ...nutV(size),
    ...(matchTime === undefined ? [] : nutS(matchTime)),
    ...(elided === undefined ? [] : nutV(elided)),
    ...(reserved ? [...nutV(reserved.length), ...reserved.flatMap(nutV)] : []),
    ...(checksum ? [9, 9, 9, 9] : []),
    ...data,
  ];
}
