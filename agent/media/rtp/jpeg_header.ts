/**
 * The headers of a JPEG, which RTP leaves out (RFC 2435, appendix B).
 *
 * @module
 */

import { concat } from "../bytes.ts";

/** What RTP says of a JPEG. */
export interface JpegFields {
  /** Whether chroma has half the rows as well: 4:2:0, else 4:2:2. */
  readonly halfRows: boolean;
  /** Pixels of a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Macroblocks between restart markers; 0 without. */
  readonly restartInterval: number;
  /** One for all components, or one for luma and one for chroma. */
  readonly tables: readonly Uint8Array[];
}

/** Markers (ITU-T T.81, Table B.1). */
const MARKER = {
  sof0: 0xc0,
  dht: 0xc4,
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  dqt: 0xdb,
  dri: 0xdd,
  app0: 0xe0,
} as const;

/** EOI. */
export const END_OF_IMAGE: Uint8Array<ArrayBuffer> = Uint8Array.of(
  0xff,
  MARKER.eoi,
);

/** Entries of a quantization table. */
export const TABLE_ENTRIES = 64;

/**
 * Quantization tables of luma and chroma (ITU-T T.81, Tables K.1 and K.2), in
 * the zigzag order in which a JPEG has them.
 */
const QUANTIZERS = [
  Uint8Array.fromHex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933" +
      "383740485c4e404457453738506d51575f626768673e4d71797064785c656763",
  ),
  Uint8Array.fromHex(
    "1112121815182f1a1a2f63423842636363636363636363636363636363636363" +
      "6363636363636363636363636363636363636363636363636363636363636363",
  ),
];

/**
 * Huffman tables (ITU-T T.81, Tables K.3 to K.6) with their class and number:
 * how many codes of each length there are, then their values.
 */
const HUFFMAN_TABLES = [
  "00 00010501010101010100000000000000 000102030405060708090a0b",
  "01 00030101010101010101010000000000 000102030405060708090a0b",
  "10 0002010303020403050504040000017d " +
  "01020300041105122131410613516107227114328191a1082342b1c11552d1f0" +
  "2433627282090a161718191a25262728292a3435363738393a43444546474849" +
  "4a535455565758595a636465666768696a737475767778797a83848586878889" +
  "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5" +
  "c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8" +
  "f9fa",
  "11 00020102040403040705040400010277 " +
  "000102031104052131061241510761711322328108144291a1b1c109233352f0" +
  "156272d10a162434e125f11718191a262728292a35363738393a434445464748" +
  "494a535455565758595a636465666768696a737475767778797a828384858687" +
  "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3" +
  "c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8" +
  "f9fa",
].map((hex) => Uint8Array.fromHex(hex.replaceAll(" ", "")));

/** JFIF 1.01, pixels of no known size (ITU-T T.871, 10.1). */
const JFIF = Uint8Array.fromHex("4a46494600010100000100010000");

/**
 * Computes the tables that a quality from 1 to 99 stands for (RFC 2435,
 * appendix A).
 */
export function quantizersOf(quality: number): Uint8Array[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - quality * 2;
  return QUANTIZERS.map((table) =>
    table.map((entry) => {
      const scaled = Math.floor((entry * scale + 50) / 100);
      return Math.min(Math.max(scaled, 1), 255);
    })
  );
}

/** Writes everything of a JPEG that stands in front of the coded picture. */
export function jpegHeader(fields: JpegFields): Uint8Array<ArrayBuffer> {
  const { restartInterval, tables } = fields;
  return concat(
    Uint8Array.of(0xff, MARKER.soi),
    segment(MARKER.app0, JFIF),
    ...tables.map((table, i) => {
      const precision = table.length > TABLE_ENTRIES ? 0x10 : 0;
      return segment(MARKER.dqt, Uint8Array.of(precision | i), table);
    }),
    ...restartInterval > 0
      ? [segment(MARKER.dri, uint16(restartInterval))]
      : [],
    segment(MARKER.sof0, frameHeader(fields)),
    ...HUFFMAN_TABLES.map((table) => segment(MARKER.dht, table)),
    segment(MARKER.sos, SCAN_HEADER),
  );
}

/** Precision, rows, columns, three components (ITU-T T.81, B.2.2). */
function frameHeader(fields: JpegFields): Uint8Array {
  const { halfRows, width, height, tables } = fields;
  const chroma = tables.length - 1;
  return concat(
    Uint8Array.of(8),
    uint16(height),
    uint16(width),
    Uint8Array.of(3, 1, halfRows ? 0x22 : 0x21, 0),
    Uint8Array.of(2, 0x11, chroma, 3, 0x11, chroma),
  );
}

/** Three components with their Huffman tables, baseline (ITU-T T.81, B.2.3). */
const SCAN_HEADER = Uint8Array.of(3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0);

/** A marker with its length and content. */
function segment(marker: number, ...content: Uint8Array[]): Uint8Array {
  const body = concat(...content);
  return concat(Uint8Array.of(0xff, marker), uint16(2 + body.length), body);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
