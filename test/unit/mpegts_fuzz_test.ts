import assert from "node:assert/strict";
import {
  joinNalUnits,
  MpegTsReader,
  type MpegTsUnit,
} from "../../agent/media/mod.ts";
import { byteStream, writePps, writeSlice, writeSps } from "../h264_writer.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";
import { FFMPEG_H264, FFMPEG_HEVC, GSTREAMER_H264 } from "../ts_samples.ts";
import { TsWriter, VIDEO_PID } from "../ts_writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A film, and the packets it is in. */
interface Film {
  readonly packets: readonly Bytes[];
  /** Access units without their delimiters. */
  readonly pictures: readonly Bytes[];
}

/** Slices of a picture; no two pictures of a film are the same. */
function randomPicture(random: Random, number: number): Uint8Array[] {
  const isKeyframe = random.once(4);
  const slices = random.list(random.pick([1, 1, 2, 3]), () => {
    const size = random.pick([0, 5, 100, 150, 400]) + random.below(40);
    return [number, number, ...Array(size).fill(0x80 | random.below(128))];
  });
  return [
    ...(isKeyframe ? [writeSps(), writePps()] : []),
    ...slices.map((payload, i) =>
      writeSlice(isKeyframe ? 0x65 : 0x41, { firstMb: i * 100, payload })
    ),
  ];
}

/** Muxes a film as senders do that keep to the rules. */
function randomFilm(random: Random, count: number): Film {
  const writer = new TsWriter().tables();
  const length = random.once(2) ? { length: "right" as const } : {};
  const pictures: Bytes[] = [];
  for (let i = 1; i <= count; i++) {
    const nalUnits = randomPicture(random, i);
    pictures.push(joinNalUnits(nalUnits));
    const before = writer.packets.length;
    const pes = byteStream([[9, 0xf0], ...nalUnits]);
    writer.pes(pes, { pts: i * 3000, pcr: random.once(3), ...length });
    // Others come within, as far as they are not counted.
    const at = random.between(before, writer.packets.length);
    const other = random.once(2)
      ? new TsWriter().packet(VIDEO_PID, [], { pcr: true })
      : new TsWriter().packet(0x1fff, Array(184).fill(0x47));
    if (random.once(3)) writer.packets.splice(at, 0, ...other.packets);
    if (random.once(4)) writer.tables();
    if (random.once(4)) writer.pes([1, 2, 3], { pid: 0x101 });
  }
  return { packets: writer.packets, pictures };
}

/** Puts packets one behind the other, bare or not. */
function join(random: Random, packets: readonly Bytes[]): Bytes {
  const [before, after] = random.pick([[0, 0], [0, 0], [4, 0], [0, 16]]);
  return Uint8Array.from(packets.flatMap((packet) => [
    ...random.bytes(before!),
    ...packet,
    ...random.bytes(after!),
  ]));
}

function read(chunks: readonly Uint8Array[]): MpegTsUnit[] {
  const reader = new MpegTsReader();
  const units = chunks.flatMap((chunk) => reader.push(chunk));
  return [...units, ...reader.flush()];
}

const hex = (units: readonly { data: Uint8Array }[]) =>
  units.map(({ data }) => data.toHex());

property("MpegTsReader reads every film, in all chunks", 2_000, (random) => {
  const { packets, pictures } = randomFilm(random, random.between(1, 8));
  const data = join(random, packets);
  const units = read(random.chunks(data));
  assert.deepEqual(hex(units), pictures.map((picture) => picture.toHex()));
  units.forEach((unit, i) => {
    assert.equal(unit.damaged || unit.discontinuity, false);
    assert.equal(unit.pts, Math.round((i + 1) * 3000 * 100 / 9));
  });
});

/** Tells packets that carry some of a picture. */
function isVideo([, high = 0, low, flags = 0]: Uint8Array): boolean {
  return (high & 0x1f) === 1 && low === 0 && (flags & 0x10) !== 0;
}

/** Tells those that begin one. */
function isStart(packet: Uint8Array): boolean {
  return isVideo(packet) && (packet[1]! & 0x40) !== 0;
}

/** Loses packets, but none that nothing shows the loss of. */
function lose(random: Random, { packets }: Film): Set<Bytes> {
  const first = packets.findIndex(isVideo);
  const last = packets.findLastIndex(isStart);
  const lost = new Set<Bytes>();
  // Fewer than the counter counts.
  let run = 0;
  packets.slice(first + 1, last).filter(isVideo).forEach((packet) => {
    const isLost = run < 14 && random.once(run > 0 ? 2 : 12);
    run = isLost ? run + 1 : 0;
    if (isLost) lost.add(packet);
  });
  return lost;
}

property("MpegTsReader shows every loss of packets", 2_000, (random) => {
  const film = randomFilm(random, 8);
  const lost = lose(random, film);
  const units = read(film.packets.filter((packet) => !lost.has(packet)));
  const sent = film.pictures.map((picture) => picture.toHex());
  let next = 0;
  let isOpen = false;
  for (const { data, damaged, discontinuity } of units) {
    isOpen ||= damaged || discontinuity;
    if (damaged) continue;
    const at = sent.indexOf(data.toHex());
    assert.ok(isOpen ? at >= next : at === next);
    next = at + 1;
    isOpen = false;
  }
});

property("MpegTsReader gives all that is whole", 2_000, (random) => {
  const film = randomFilm(random, 8);
  const lost = lose(random, film);
  const units = read(film.packets.filter((packet) => !lost.has(packet)));
  const whole = new Set(film.pictures.map((picture) => picture.toHex()));
  let picture = -1;
  for (const packet of film.packets.filter(isVideo)) {
    if (isStart(packet)) picture++;
    if (!lost.has(packet)) continue;
    whole.delete(film.pictures[picture]!.toHex());
    // Whether it was all may be told by the next one only.
    if (isStart(packet)) whole.delete(film.pictures[picture - 1]!.toHex());
  }
  const given = units.filter(({ damaged }) => !damaged);
  assert.deepEqual(whole.difference(new Set(hex(given))), new Set());
});

/** Checks what holds for all bytes. */
function check(chunks: readonly Uint8Array[]): void {
  const reader = new MpegTsReader();
  const units = chunks.flatMap((chunk) => reader.push(chunk));
  units.push(...reader.flush());
  const received = chunks.reduce((sum, { length }) => sum + length, 0);
  const given = units.reduce((sum, { data }) => sum + data.length, 0);
  // Start codes of three bytes get a fourth one.
  assert.ok(given <= received * 4 / 3);
  for (const { codec, pts = 0 } of units) {
    assert.ok(codec === "h264" || codec === "hevc");
    assert.ok(Number.isSafeInteger(pts));
  }
}

property("MpegTsReader takes every film with errors", 3_000, (random) => {
  const { packets } = randomFilm(random, random.between(1, 4));
  check(random.chunks(random.mutate(join(random, packets))));
});

property("MpegTsReader takes foreign streams with errors", 3_000, (random) => {
  const sample = random.pick([FFMPEG_H264, GSTREAMER_H264, FFMPEG_HEVC]);
  check(random.chunks(random.mutate(random.mutate(sample))));
});

property("MpegTsReader takes packets of any bytes", 3_000, (random) => {
  // With tables that are right, so that more of them is looked at.
  const writer = new TsWriter().tables(random.pick([0x1b, 0x24]));
  const packets = random.list(random.between(3, 12), () => {
    const packet = random.bytes(188);
    packet.set([0x47, random.pick([0x01, 0x41, 0x00, 0x50]), 0]);
    if (random.once(2)) {
      packet[3] = random.pick([0x10, 0x30]) | random.below(16);
    }
    if (random.once(2)) packet.set([0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5], 4);
    return packet;
  });
  check(random.chunks(join(random, [...writer.packets, ...packets])));
});

property("MpegTsReader takes bytes of any kind", 2_000, (random) => {
  const data = random.bytes(random.below(4000));
  const distance = random.pick([188, 192, 204]);
  for (let at = random.below(200); at < data.length; at += distance) {
    data[at] = 0x47;
  }
  check(random.chunks(data));
});
