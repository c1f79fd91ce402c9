import assert from "node:assert/strict";
import {
  ACCESS_UNIT_DELIMITER,
  concat,
  findStartCode,
  joinNalUnits,
  MAX_ACCESS_UNIT_BYTES,
  MAX_NAL_UNITS,
  ms,
  nalUnitsOf,
  parseRtcp,
  parseRtp,
  RTP_HEADER_BYTES,
  RtpH264Packetizer,
  type RtpHeader,
  type RtpPacket,
  RtpReceiver,
  type RtpReceiverOptions,
  RtpReorderer,
  type RtpStatistics,
  type RtpUnit,
  type StreamCodec,
  us,
  writeRtcp,
  writeRtpHeader,
} from "../../agent/media/mod.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";
import { writeRtp } from "../rtp_writer.ts";

function randomHeader(random: Random): RtpHeader {
  return {
    payloadType: random.below(64),
    marker: random.once(2),
    sequence: random.below(2 ** 16),
    timestamp: random.below(2 ** 32),
    ssrc: random.below(2 ** 32),
  };
}

property("parseRtp() reads what writeRtpHeader() writes", 20_000, (random) => {
  const header = randomHeader(random);
  const payload = random.bytes(random.below(20));
  const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtpHeader(packet, 0, header);
  packet.set(payload, RTP_HEADER_BYTES);
  assert.deepEqual(parseRtp(packet), { ...header, payload });
});

property("parseRtp() stays within the datagram", 60_000, (random) => {
  const datagram = random.bytes(random.below(40));
  datagram[0] = random.pick([0x80, 0x90, 0xa0, 0xb0, 0x8f, random.below(256)]);
  const packet = parseRtp(datagram);
  if (!packet) return;
  const { payload, ...header } = packet;
  assert.equal(payload.buffer, datagram.buffer);
  assert.ok(payload.byteOffset >= RTP_HEADER_BYTES);
  assert.ok(payload.byteOffset + payload.length <= datagram.length);
  const written = new Uint8Array(RTP_HEADER_BYTES);
  writeRtpHeader(written, 0, header);
  assert.deepEqual(written.subarray(1), datagram.subarray(1, RTP_HEADER_BYTES));
});

property(
  "parseRtcp() never throws, nor makes anything up",
  20_000,
  (random) => {
    const compound = concat(...random.list(random.below(4), () =>
      writeRtcp({
        ssrc: random.below(2 ** 32),
        realtime: us(random.below(2 ** 32) * 1e6 + random.below(1e6)),
        timestamp: random.below(2 ** 32),
        packets: random.below(2 ** 32),
        octets: random.below(2 ** 32),
        cname: "x".repeat(random.below(9)),
        goodbye: random.once(2),
      })));
    const datagram = random.once(4) ? compound : random.mutate(compound);
    const { senderReports, goodbyes } = parseRtcp(datagram);
    const bytes = 28 * senderReports.length + 4 * goodbyes.length;
    assert.ok(bytes <= datagram.length, datagram.toHex());
    for (const { realtime = 0, ssrc } of senderReports) {
      assert.ok(Number.isSafeInteger(realtime) && realtime >= 0);
      assert.ok(ssrc >= 0);
    }
  },
);

/** A packet of a number, which its payload repeats. */
function numbered(index: number): RtpPacket {
  return {
    payloadType: 96,
    marker: false,
    sequence: index & 0xffff,
    timestamp: 0,
    ssrc: 1,
    payload: Uint8Array.of(index >> 8, index),
  };
}

property(
  "RtpReorderer loses no packet, nor counts one twice",
  4_000,
  (random) => {
    const reorderer = new RtpReorderer();
    const { counters } = reorderer;
    const start = random.below(2 ** 16);
    let [index, now, delivered, lost] = [0, 0, 0, 0];
    let before: number | undefined;
    const check = (ready: ReturnType<RtpReorderer["push"]>) => {
      for (const { packet, lost: missing, restarted } of ready) {
        const { sequence, payload } = packet;
        assert.equal(payload[0]! << 8 | payload[1]!, sequence);
        if (before !== undefined && !restarted) {
          assert.equal(sequence, before + 1 + missing & 0xffff);
        }
        assert.ok(missing < 3000);
        before = sequence;
        delivered++;
        lost += missing;
      }
    };
    for (let n = random.below(80); n > 0; n--) {
      now += random.pick([0, 0, 1, 3, 30, 9000]);
      if (random.once(20)) index += random.below(2 ** 16);
      else if (random.once(6)) index += random.between(-5, 30);
      else index++;
      check(reorderer.push(numbered(start + index & 0xffff), ms(now)));
      if (random.once(8)) check(reorderer.expire(ms(now)));
      const { deadline } = reorderer;
      assert.ok(
        deadline === undefined || deadline > now && deadline <= now + 20,
      );
    }
    check(reorderer.flush());
    const { received, duplicates, late, strays } = counters;
    const undecided = received - delivered - duplicates - late - strays;
    // One that is far off may wait for the next.
    assert.ok(undecided === 0 || undecided === 1);
    assert.equal(lost, counters.lost);
  },
);

property("RtpReorderer gives back what comes in order", 500, (random) => {
  const reorderer = new RtpReorderer();
  const start = random.below(2 ** 16);
  for (let i = 0; i < 100; i++) {
    const packet = numbered(start + i & 0xffff);
    const ready = reorderer.push(packet, ms(i * random.below(50)));
    assert.deepEqual(ready, [{ packet, lost: 0, restarted: false }]);
  }
});

/** An access unit as encoders make them: no zeros at the end of NAL units. */
function randomAccessUnit(random: Random): Uint8Array<ArrayBuffer> {
  const nalUnits: Uint8Array[] = [];
  const add = (header: number, second: number, longest: number) => {
    const body = random.list(
      random.below(longest),
      () => random.between(1, 255),
    );
    nalUnits.push(Uint8Array.of(header, second, ...body, 0x80));
  };
  if (random.once(3)) add(0x67, 66, 30);
  if (random.once(3)) add(0x68, 0xce, 10);
  if (random.once(3)) add(0x06, 5, 100);
  const header = random.pick([0x65, 0x41, 0x01]);
  const slices = random.pick([1, 1, 2, 5]);
  for (let i = 0; i < slices; i++) {
    add(header, i === 0 ? 0x9a : 0x5a, random.pick([5, 60, 400]));
  }
  return joinNalUnits(nalUnits);
}

/** Some access units, and the packets of each. */
function randomStream(random: Random) {
  const units = random.list(
    random.between(1, 6),
    () => randomAccessUnit(random),
  );
  const packetizer = new RtpH264Packetizer({
    ssrc: random.below(2 ** 32),
    sequence: random.below(2 ** 16),
    timestamp: random.below(2 ** 32),
    maxPayload: random.pick([64, 65, 100, 200, 1452]),
  });
  const packets = units.map((data, i) => {
    const delimited = random.once(2)
      ? concat(data, ACCESS_UNIT_DELIMITER)
      : concat(ACCESS_UNIT_DELIMITER, data);
    const pts = us(i * 33_333);
    return packetizer.packetize({ data: delimited, pts });
  });
  return { units, packets };
}

function receive(
  datagrams: readonly Uint8Array[],
  options: RtpReceiverOptions,
  random?: Random,
): { units: RtpUnit[]; statistics: RtpStatistics } {
  const receiver = new RtpReceiver(options);
  const units: RtpUnit[] = [];
  let now = 0;
  for (const datagram of datagrams) {
    now += random?.pick([0, 0, 1, 5, 40, 600]) ?? 1;
    // A borrowed buffer, which is used again.
    const borrowed = datagram.slice();
    units.push(...receiver.push(borrowed, ms(now)));
    borrowed.fill(0xee);
    if (random?.once(5)) units.push(...receiver.expire(ms(now)));
  }
  units.push(...receiver.flush(ms(now)));
  return { units, statistics: receiver.statistics };
}

property("RtpH264Packetizer and RtpReceiver are inverse", 1_500, (random) => {
  const { units, packets } = randomStream(random);
  const found = receive(packets.flat(), { codec: "h264" });
  assert.deepEqual(
    found.units.map(({ data }) => data.toHex()),
    units.map((data) => data.toHex()),
  );
  assert.ok(found.units.every((unit) => !unit.damaged && !unit.discontinuity));
  assert.equal(found.statistics.lost, 0);
});

property("RtpReceiver shows what is missing", 3_000, (random) => {
  const { units, packets } = randomStream(random);
  const kept = packets.flat().filter(() => !random.once(6));
  const found = receive(kept, { codec: "h264" });
  const whole = units.map((data) => data.toHex());
  for (const unit of found.units) {
    // Nothing tells that the end of everything is missing.
    if (unit.damaged || unit === found.units.at(-1)) continue;
    // What stands in front of the first slice may be missing unnoticed.
    const hex = unit.data.toHex();
    const isWhole = whole.some((other) =>
      other === hex || unit.discontinuity && other.endsWith(hex)
    );
    assert.ok(isWhole || unit === found.units[0], hex);
  }
});

property("RtpReceiver puts a little disorder right", 1_500, (random) => {
  const { units, packets } = randomStream(random);
  const { codec } = { codec: "h264" } as const;
  const receiver = new RtpReceiver({ codec });
  // Opens the window to 20 ms: number 1 comes 19 ms after it was given up on.
  const first = packets[0]![0]!;
  const { sequence, ssrc } = parseRtp(first)!;
  const prelude = [-3, -1, -2].map((offset) =>
    writeRtp([6, 1, 1, 1, 0x80], { sequence: sequence + offset & 0xffff, ssrc })
  );
  receiver.push(prelude[0]!, ms(0));
  receiver.push(prelude[1]!, ms(0));
  receiver.push(prelude[2]!, ms(19));
  // Each packet comes up to 9 ms late; a copy of some comes as well.
  const datagrams = packets.flat().flatMap((datagram, i) => {
    const at = 30 + i + (i === 0 ? 0 : random.below(10));
    const again = { datagram, at: at + random.below(10) };
    return [{ datagram, at }, ...random.once(10) ? [again] : []];
  }).toSorted((a, b) => a.at - b.at);
  const found: RtpUnit[] = [];
  for (const { datagram, at } of datagrams) {
    if (receiver.deadline! <= at) found.push(...receiver.expire(ms(at)));
    found.push(...receiver.push(datagram, ms(at)));
  }
  found.push(...receiver.flush(ms(1e6)));
  assert.deepEqual(
    found.map(({ data }) => data.toHex()).slice(1),
    units.map((data) => data.toHex()).slice(1),
  );
});

/** Payloads that are right in places. */
function randomPayload(random: Random, codec: StreamCodec): Uint8Array {
  if (random.once(8)) return random.bytes(random.below(30));
  switch (codec) {
    case "h264":
      return randomH264(random);
    case "hevc":
      return randomHevc(random);
    case "mjpeg":
      return randomJpeg(random);
  }
}

/** Start, middle, end, and both. */
const FU_BITS = [0x80, 0x00, 0x40, 0xc0];

function randomH264(random: Random): Uint8Array {
  const bytes = random.bytes(random.below(20));
  const header = random.pick([0x65, 0x41, 0x67, 0x68, 6, 9, 12]);
  switch (random.below(6)) {
    case 0:
      return concat(
        Uint8Array.of(random.pick([0x78, 0x78, 0x79, 0x7a, 0x7b])),
        sized(random, bytes),
        sized(random, bytes),
      );
    case 1:
    case 2: {
      const indicator = random.pick([0x7c, 0x7c, 0x7c, 0x7d]);
      const fu = random.pick(FU_BITS) | header & 0x1f;
      return concat(Uint8Array.of(indicator, fu), bytes);
    }
    case 3:
      return concat(Uint8Array.of(0, 0, 0, 1, header), bytes);
    default:
      return concat(Uint8Array.of(header, random.pick([0x88, 0x48])), bytes);
  }
}

function randomHevc(random: Random): Uint8Array {
  const bytes = random.bytes(random.below(20));
  const type = random.pick([1, 19, 21, 32, 33, 34, 35, 39, 40]);
  switch (random.below(4)) {
    case 0:
      return concat(
        Uint8Array.of(0x60, 1),
        sized(random, bytes),
        sized(random, bytes),
      );
    case 1:
      return concat(
        Uint8Array.of(0x62, 1, random.pick(FU_BITS) | type, 0xaf),
        bytes,
      );
    default: {
      const second = random.pick([0xaf, 0x2f]);
      return concat(Uint8Array.of(type << 1, 1, second), bytes);
    }
  }
}

function randomJpeg(random: Random): Uint8Array {
  const offset = random.pick([0, 0, random.below(60)]);
  const quality = random.pick([50, 255, 128, random.below(256)]);
  const type = random.pick([0, 1, 64, 65, 2]);
  const tables = quality < 128 ? [] : [0, 0, 0, random.pick([128, 64, 0])];
  return concat(
    Uint8Array.of(0, 0, 0, offset, type, quality, random.below(3), 1),
    Uint8Array.from(type >= 64 ? [0, 4, 0xff, 0xff] : []),
    Uint8Array.from(tables),
    random.bytes(random.pick([0, 10, 64, 128, 150])),
  );
}

/** Bytes behind their size, which is not always theirs. */
function sized(random: Random, bytes: Uint8Array): Uint8Array {
  const size = random.once(4) ? random.below(70_000) : bytes.length;
  return concat(Uint8Array.of(size >> 8, size), bytes);
}

/** Packets of one sender, sometimes of two, in an order that happens. */
function randomPackets(random: Random, codec: StreamCodec): Uint8Array[] {
  let [sequence, timestamp] = [random.below(2 ** 16), random.below(2 ** 32)];
  const payloadType = codec === "mjpeg" ? 26 : 96;
  return random.list(random.below(20), () => {
    sequence += random.once(10) ? random.between(-3, 40) : 1;
    if (random.once(3)) timestamp += random.pick([3000, 3000, -3000, 2 ** 31]);
    const packet = writeRtp(randomPayload(random, codec), {
      payloadType: random.once(20) ? random.below(128) : payloadType,
      marker: random.once(2),
      sequence: sequence & 0xffff,
      timestamp: timestamp >>> 0,
      ssrc: random.once(20) ? 2 : 1,
    });
    return random.once(12) ? random.mutate(packet) : packet;
  });
}

function checkUnit({ codec, data, pts }: RtpUnit): void {
  assert.ok(Number.isSafeInteger(pts));
  assert.ok(data.length <= MAX_ACCESS_UNIT_BYTES);
  if (codec === "mjpeg") {
    assert.equal(data.subarray(0, 4).toHex(), "ffd8ffe0");
    assert.equal(data.subarray(-2).toHex(), "ffd9");
    return;
  }
  assert.equal(data.subarray(0, 4).toHex(), "00000001");
  assert.ok([...nalUnitsOf(data)].length <= MAX_NAL_UNITS);
}

for (const codec of ["h264", "hevc", "mjpeg"] as const) {
  property(`RtpReceiver survives any ${codec}`, 33_400, (random) => {
    const datagrams = randomPackets(random, codec);
    const options = random.once(2) ? { codec } : {};
    const { units, statistics } = receive(datagrams, options, random);
    units.forEach(checkUnit);
    assert.equal(statistics.units, units.length);
    const damaged = units.filter((unit) => unit.damaged).length;
    assert.equal(statistics.damagedUnits, damaged);
    // Each NAL unit gets a start code, each JPEG a header and tables.
    const bytes = units.reduce((sum, { data }) => sum + data.length, 0);
    const sent = datagrams.reduce((sum, { length }) => sum + length, 0);
    const perPicture = codec === "mjpeg" ? 1000 : 0;
    assert.ok(bytes <= 3 * sent + perPicture * units.length);
    const { received, foreign, invalid } = statistics;
    assert.ok(received + invalid <= datagrams.length);
    assert.ok(foreign <= datagrams.length);
  });
}

property(
  "RtpReceiver marks what is no NAL unit as damaged",
  2_500,
  (random) => {
    const datagrams = randomPackets(random, "h264");
    for (const unit of receive(datagrams, { codec: "h264" }).units) {
      if (unit.damaged) continue;
      const nalUnits = [...nalUnitsOf(unit.data)];
      assert.equal(findStartCode(joinNalUnits(nalUnits)), 1);
      for (const [header = 0] of nalUnits) {
        assert.ok(header < 0x80 && (header & 0x1f) > 0 && (header & 0x1f) < 24);
        assert.ok(![9, 10, 11, 12].includes(header & 0x1f));
      }
      const slices = nalUnits.filter(([header = 0]) =>
        [1, 2, 5].includes(header & 0x1f)
      );
      const first = slices[0];
      if (first) assert.ok(first[1]! >= 0x80, unit.data.toHex());
      const keyframe = nalUnits.some(([header = 0]) => (header & 0x1f) === 5);
      assert.equal(unit.keyframe, keyframe);
    }
  },
);
