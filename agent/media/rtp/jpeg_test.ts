import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import {
  describe,
  packetsOf,
  receive,
  writeRtp,
} from "../../../test/rtp_writer.ts";
import { MAX_ACCESS_UNIT_BYTES } from "../access_unit_splitter.ts";
import { ms } from "../time.ts";
import { jpegHeader, quantizersOf } from "./jpeg_header.ts";
import { RtpReceiver } from "./receiver.ts";

const [LUMA, CHROMA] = ["11".repeat(64), "22".repeat(64)];

/** Coded pictures behind the headers of 16x8 pixels, 4:2:0, tables in band. */
function headerOf(
  { tables = [LUMA, CHROMA], restartInterval = 0, halfRows = true } = {},
): string {
  return jpegHeader({
    halfRows,
    width: 16,
    height: 8,
    restartInterval,
    tables: tables.map((table) => Uint8Array.fromHex(table)),
  }).toHex();
}

const HEADER = headerOf();

/** Main header: type-specific, offset, type, quality, width, height. */
const main = (offset: number, quality = "ff", type = "01", size = "0201") =>
  `00 ${offset.toString(16).padStart(6, "0")} ${type} ${quality} ${size}`;

/** Quantization table header with both tables. */
const TABLES = `00 00 0080 ${LUMA}${CHROMA}`;

const EOI = "ffd9";

/** What packets become: JPEGs, and what is wrong. */
const CASES: Record<string, [packets: string[], units: string[]]> = {
  "one packet": [
    [`0! ${main(0)} ${TABLES} aabb`],
    [`${HEADER}aabb${EOI}`],
  ],
  "an end of image that is there": [
    [`0! ${main(0)} ${TABLES} aabb ffd9`],
    [`${HEADER}aabb${EOI}`],
  ],
  "three packets": [
    [`0 ${main(0)} ${TABLES} aabb`, `0 ${main(2)} cc`, `0! ${main(3)} dd`],
    [`${HEADER}aabbccdd${EOI}`],
  ],
  "4:2:2": [
    [`0! ${main(0, "ff", "00")} ${TABLES} aa`],
    [`${headerOf({ halfRows: false })}aa${EOI}`],
  ],
  "restart markers": [
    [`0! ${main(0, "ff", "41")} 0004 ffff ${TABLES} aa`],
    [`${headerOf({ restartInterval: 4 })}aa${EOI}`],
  ],
  "restart markers in no interval": [
    [`0! ${main(0, "ff", "41")} 0000 ffff ${TABLES} aa`],
    [`${HEADER}aa${EOI}`],
  ],
  "one table for all components": [
    [`0! ${main(0)} 00 00 0040 ${LUMA} aa`],
    [`${headerOf({ tables: [LUMA] })}aa${EOI}`],
  ],
  "a table with entries of 16 bits": [
    [`0! ${main(0)} 00 01 00c0 ${LUMA.repeat(2)}${CHROMA} aa`],
    [`${headerOf({ tables: [LUMA.repeat(2), CHROMA] })}aa${EOI}`],
  ],
  "tables that are sent once": [
    [
      `0! ${main(0, "80")} ${TABLES} aa`,
      `3000! ${main(0, "80")} 00 00 0000 bb`,
    ],
    [`${HEADER}aa${EOI}`, `${HEADER}bb${EOI}`],
  ],
  "a computed table": [
    [`0! ${main(0, "32")} aa`],
    [
      `${
        headerOf({ tables: quantizersOf(50).map((table) => table.toHex()) })
      }aa${EOI}`,
    ],
  ],
  "another timestamp ends a picture": [
    [`0 ${main(0)} ${TABLES} aa`, `3000 ${main(0)} ${TABLES} bb`],
    [`${HEADER}aa${EOI}`, `${HEADER}bb${EOI}`],
  ],
  "two pictures of one timestamp": [
    [`0 ${main(0)} ${TABLES} aa`, `0! ${main(0)} ${TABLES} bb`],
    [`${HEADER}aa${EOI}`, `${HEADER}bb${EOI}`],
  ],
  "a marker on every packet": [
    [
      `0! ${main(0)} ${TABLES} aa`,
      `0! ${main(1)} bb`,
      `3000! ${main(0)} ${TABLES} cc`,
      `3000! ${main(1)} dd`,
      `6000! ${main(0)} ${TABLES} ee`,
    ],
    [
      `${HEADER}aa${EOI}`,
      `${HEADER}ccdd${EOI} discontinuity`,
      `${HEADER}ee${EOI}`,
    ],
  ],
  "a lost middle: what is behind is dropped": [
    [
      `0 ${main(0)} ${TABLES} aa`,
      "lost",
      `0! ${main(2)} cc`,
      `3000! ${main(0)} ${TABLES} dd`,
    ],
    [
      `${HEADER}aa${EOI} damaged discontinuity`,
      `${HEADER}dd${EOI} discontinuity`,
    ],
  ],
  "a lost end": [
    [`0 ${main(0)} ${TABLES} aa`, "lost", `3000! ${main(0)} ${TABLES} dd`],
    [
      `${HEADER}aa${EOI} damaged discontinuity`,
      `${HEADER}dd${EOI} discontinuity`,
    ],
  ],
  "a lost beginning: nothing is left": [
    [`0! ${main(2)} cc`, `3000! ${main(0)} ${TABLES} dd`],
    [`${HEADER}dd${EOI} discontinuity`],
  ],
  "a lost beginning with a computed table": [
    [`0 ${main(2, "32")} cc`, `0! ${main(3, "32")} dd`],
    [],
  ],
  "a fragment that leaves a hole": [
    [`0 ${main(0)} ${TABLES} aa`, `0! ${main(2)} cc`],
    [`${HEADER}aa${EOI} damaged`],
  ],
  "a fragment that overlaps": [
    [`0 ${main(0)} ${TABLES} aabb`, `0! ${main(1)} cc`],
    [`${HEADER}aabb${EOI} damaged`],
  ],
  "a fragment of another size": [
    [`0 ${main(0)} ${TABLES} aa`, `0! ${main(1, "ff", "01", "0202")} cc`],
    [`${HEADER}aa${EOI} damaged`],
  ],
  "a fragment of another type": [
    [`0 ${main(0)} ${TABLES} aa`, `0! ${main(1, "ff", "00")} cc`],
    [`${HEADER}aa${EOI} damaged`],
  ],
  "a fragment of another quality": [
    [`0 ${main(0)} ${TABLES} aa`, `0! ${main(1, "fe")} cc`],
    [`${HEADER}aa${EOI} damaged`],
  ],
  "a fragment at the highest offset": [
    [`0 ${main(0)} ${TABLES} aa`, `0! ${main(0xffffff)} cc`],
    [`${HEADER}aa${EOI} damaged`],
  ],
  "half a main header": [
    [`0 ${main(0)} ${TABLES} aa`, "0! 00 000001 01"],
    [`${HEADER}aa${EOI} damaged`],
  ],
  "half a restart header": [[`0! ${main(0, "32", "41")} 0004`], []],
  "half a table header": [[`0! ${main(0)} 00 00`], []],
  "a table header and nothing else": [[`0! ${main(0)} 00 00 0080`], []],
  "tables of 65535 bytes": [[`0! ${main(0)} 00 00 ffff ${LUMA}`], []],
  "half a table": [[`0! ${main(0)} 00 00 0020 ${LUMA} aa`], []],
  "three tables": [[`0! ${main(0)} 00 00 00c0 ${LUMA.repeat(3)} aa`], []],
  "no tables where there must be": [[`0! ${main(0)} 00 00 0000 aa`], []],
  "tables that have never been sent": [
    [`0! ${main(0, "81")} 00 00 0000 aa`],
    [],
  ],
  "tables that are to be sent each time, but are not": [
    [`0! ${main(0)} ${TABLES} aa`, `3000! ${main(0)} 00 00 0000 bb`],
    [`${HEADER}aa${EOI}`],
  ],
  "tables and nothing else": [[`0! ${main(0)} ${TABLES}`], []],
  "quality 0": [[`0! ${main(0, "00")} aa`], []],
  "a reserved quality": [[`0! ${main(0, "64")} aa`], []],
  "a reserved type": [[`0! ${main(0, "32", "02")} aa`], []],
  "a type of a session": [[`0! ${main(0, "32", "80")} aa`], []],
  "a width of 0": [[`0! ${main(0, "32", "01", "0001")} aa`], []],
  "a height of 0": [[`0! ${main(0, "32", "01", "0100")} aa`], []],
};

for (const [name, [packets, units]] of Object.entries(CASES)) {
  test(`RtpDepacketizer, JPEG: ${name}`, () => {
    const found = receive(packetsOf(packets, { payloadType: 26 }), {}).units;
    assert.deepEqual(describe(found), units);
    assert.ok(found.every((unit) => unit.codec === "mjpeg" && unit.keyframe));
  });
}

test("RtpDepacketizer, JPEG, drops a picture of more than 8 MiB", () => {
  const pieces = [Uint8Array.fromHex(`${main(0, "32")}aa`.replaceAll(" ", ""))];
  for (let at = 1; at < MAX_ACCESS_UNIT_BYTES; at += 60_000) {
    const piece = new Uint8Array(8 + 60_000).fill(0x55);
    const header = main(at, "32").replaceAll(" ", "");
    piece.set(Uint8Array.fromHex(header));
    pieces.push(piece);
  }
  const packets = pieces.map((payload, sequence) =>
    writeRtp(payload, { payloadType: 26, sequence })
  );
  const next = packetsOf([`3000! ${main(0, "32")} aa`], {
    payloadType: 26,
    sequence: packets.length,
  });
  const { units, receiver } = receive([...packets, ...next], {});
  assert.equal(units.length, 1);
  assert.equal(units[0]?.discontinuity, true);
  assert.equal(receiver.statistics.droppedUnits, 1);
});

test("RtpDepacketizer, JPEG, keeps tables of its own", () => {
  const receiver = new RtpReceiver();
  const units = packetsOf([
    `0! ${main(0, "80")} ${TABLES} aa`,
    `3000! ${main(0, "80")} 00 00 0000 bb`,
  ], { payloadType: 26 }).flatMap((packet) => {
    const units = receiver.push(packet, ms(0));
    packet.fill(0xee);
    return units;
  });
  assert.deepEqual(describe(units), [`${HEADER}aa${EOI}`, `${HEADER}bb${EOI}`]);
});

test("quantizersOf() computes tables as libjpeg does", () => {
  const [luma, chroma] = quantizersOf(50);
  // ITU-T T.81, Tables K.1 and K.2, in zigzag order
  assert.deepEqual([...luma!.subarray(0, 6)], [16, 11, 12, 14, 12, 10]);
  assert.deepEqual([...chroma!.subarray(0, 6)], [17, 18, 18, 24, 21, 24]);
  assert.deepEqual([...quantizersOf(1)[0]!], Array(64).fill(255));
  assert.deepEqual([...quantizersOf(99)[0]!.subarray(0, 3)], [1, 1, 1]);
  assert.equal(quantizersOf(75)[0]![0], 8);
  assert.equal(quantizersOf(10)[0]![0], 80);
});
