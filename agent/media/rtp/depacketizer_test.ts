import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import {
  describe,
  packetsOf,
  receive,
  writeRtp,
} from "../../../test/rtp_writer.ts";
import {
  MAX_ACCESS_UNIT_BYTES,
  MAX_NAL_UNITS,
} from "../access_unit_splitter.ts";
import { nalUnitsOf } from "../annexb.ts";

/**
 * What packets (see packetsOf) become: NAL units, and what is wrong. 6588.. is
 * the first slice of an IDR picture, 6548.. another one of its slices; 4188..
 * and 4148.. are those of a P picture; 67, 68 and 06 are SPS, PPS and SEI.
 */
type Cases = Record<string, [packets: string[], units: string[]]>;

/** Where pictures end. */
const BOUNDARIES: Cases = {
  "a marker ends a picture": [
    ["0! 658801", "3000! 418802"],
    ["658801", "418802"],
  ],
  "another timestamp ends a picture without marker": [
    ["0 658801", "3000 418802", "6000 418803"],
    ["658801", "418802", "418803"],
  ],
  "slices of one timestamp are one picture": [
    ["0 6742001e", "0 68ce", "0 658801", "0! 654802", "3000! 418803"],
    ["6742001e 68ce 658801 654802", "418803"],
  ],
  "a marker on every slice: the second is damaged, then timestamps count": [
    ["0! 658801", "0! 654802", "3000! 418803", "3000! 414804", "6000! 418805"],
    [
      "658801",
      "654802 damaged",
      "418803 414804 discontinuity",
      "418805",
    ],
  ],
  "a marker on every NAL unit in front of a picture ends nothing": [
    ["0! 6742001e", "0! 68ce", "0! 658801", "3000! 418802"],
    ["6742001e 68ce 658801", "418802"],
  ],
  "two pictures of one timestamp, each with a marker": [
    ["0! 658801", "0! 418802", "0! 418803"],
    ["658801", "418802", "418803"],
  ],
  "two pictures of one timestamp, without marker": [
    ["0 658801", "0 418802"],
    ["658801", "418802"],
  ],
  "parameter sets with a timestamp of their own": [
    ["0 6742001e", "1 68ce", "3000! 658801"],
    ["6742001e 68ce 658801"],
  ],
  "parameter sets with the timestamp of the picture before": [
    ["0! 418801", "0 6742001e", "0 68ce", "3000! 658802"],
    ["418801", "6742001e 68ce 658802"],
  ],
  "parameter sets and SEI behind the slices are of the next picture": [
    ["0 658801", "0 6742001e", "0! 0601018080", "3000! 418802"],
    ["658801", "6742001e 0601018080 418802"],
  ],
  "parameter sets between the slices of a picture": [
    ["0 6742001e", "0 658801", "0 6742001e", "0! 654802", "3000! 418803"],
    ["6742001e 658801 654802", "6742001e 418803"],
  ],
  "delimiters, filler and end marks are left out": [
    ["0 09f0", "0 658801", "0 0cff80", "0 0a", "0! 0b", "3000! 418802"],
    ["658801", "418802"],
  ],
  "a marker on filler behind the picture": [
    ["0 658801", "0! 0cff80", "3000! 418802"],
    ["658801", "418802"],
  ],
  "filler behind a marker": [
    ["0! 658801", "0! 0cff80", "3000! 418802"],
    ["658801", "418802"],
  ],
  "packets without payload": [
    ["0", "0 658801", "0", "0! 654802", "0", "3000! 418803"],
    ["658801 654802", "418803"],
  ],
  "a marker on a packet without payload": [
    ["0 658801", "0!", "3000! 418802"],
    ["658801", "418802"],
  ],
  "a marker of another timestamp without payload": [
    ["0 658801", "9!", "0! 654802"],
    ["658801 654802"],
  ],
  "timestamps that go back, as those of B pictures": [
    ["0! 658801", "9000! 418802", "3000! 018803", "6000! 018804"],
    ["658801", "418802", "018803", "018804"],
  ],
};

/** NAL units in packets. */
const PAYLOADS: Cases = {
  "STAP-A": [
    ["0! 78 0004 6742001e 0002 68ce 0003 658801"],
    ["6742001e 68ce 658801"],
  ],
  "FU-A in three pieces": [
    ["0 7c85 8801", "0 7c05 02", "0! 7c45 0304"],
    ["658801020304"],
  ],
  "FU-A with start and end in one": [["0! 7cc5 8801"], ["658801"]],
  "FU-A with an empty piece": [
    ["0 7c85 8801", "0 7c05", "0! 7c45 02"],
    ["65880102"],
  ],
  "FU-A, then a single NAL unit": [
    ["0 7c85 8801", "0 7c45 02", "0! 654803"],
    ["65880102 654803"],
  ],
  "a SEI in pieces": [
    ["0 1c86 0601", "0 1c46 c480", "0! 418801"],
    ["060601c480 418801"],
  ],
  "Annex B, start codes of three and four bytes": [
    ["0! 00000001 6742001e 000001 68ce 00000001 658801"],
    ["6742001e 68ce 658801"],
  ],
  "a prefix NAL unit": [
    ["0 6e4080", "0 658801", "0 6e4080", "0! 654802", "3000! 418803"],
    ["6e4080 658801 6e4080 654802", "418803"],
  ],
  "data partitions": [
    ["0 428801", "0 4302", "0! 4403", "3000! 418804"],
    ["428801 4302 4403", "418804"],
  ],
  "zero bytes at the end": [["0! 6588010000", "3000! 418802"], [
    "658801",
    "418802",
  ]],
};

/** What is wrong, and what becomes of it. */
const HOSTILE: Cases = {
  "FU-A without its start": [
    ["0 7c05 01", "0! 7c45 02", "3000! 418803"],
    ["418803 discontinuity"],
  ],
  "FU-A without its end, then a single NAL unit": [
    ["0 7c85 8801", "0! 654802"],
    ["658801 654802 damaged"],
  ],
  "FU-A without its end at the marker": [
    ["0! 7c85 8801", "3000! 418802"],
    ["658801 damaged", "418802 discontinuity"],
  ],
  "FU-A without its end, then another timestamp": [
    ["0 7c85 8801", "3000! 418802"],
    ["658801 damaged", "418802 discontinuity"],
  ],
  "FU-A whose end is of another picture": [
    ["0 7c85 8801", "3000! 7c45 02", "6000! 418803"],
    ["658801 damaged", "418803 discontinuity"],
  ],
  "FU-A with a lost middle: nothing is joined": [
    ["0 7c85 8801", "lost", "0! 7c45 03", "3000! 418804"],
    ["658801 damaged discontinuity", "418804 discontinuity"],
  ],
  "FU-A with a lost start": [
    ["0! 658801", "lost", "3000 5c01 02", "3000! 5c41 03", "6000! 418804"],
    ["658801", "418804 discontinuity"],
  ],
  "FU-A with a lost end": [
    ["0 7c85 8801", "0 7c05 02", "lost", "3000! 418804"],
    ["65880102 damaged discontinuity", "418804 discontinuity"],
  ],
  "FU-A that begins twice": [
    ["0 7c85 8801", "0 7c85 4802", "0! 7c45 03"],
    ["658801 65480203 damaged"],
  ],
  "FU-A that goes on as another type": [
    ["0 7c85 8801", "0 7c01 02", "0! 7c45 03", "3000! 418804"],
    ["658801 damaged", "418804 discontinuity"],
  ],
  "FU-A of a first slice that begins twice: two pictures": [
    ["0 7c85 8801", "0 7c85 8802", "0! 7c45 03"],
    ["658801 damaged", "65880203 discontinuity"],
  ],
  "FU-A without FU header": [
    ["0 658801", "0! 7c", "3000! 418802"],
    ["658801 damaged", "418802 discontinuity"],
  ],
  "FU-A of type 0": [
    ["0 658801", "0! 7cc0 01"],
    ["658801 damaged"],
  ],
  "FU-A of a STAP-A": [
    ["0 658801", "0! 7cd8 0002 68ce"],
    ["658801 damaged"],
  ],
  "FU-A of a FU-A": [["0 658801", "0! 7cdc 8588"], ["658801 damaged"]],
  "FU-A of a delimiter": [["0 1cc9 f0", "0! 658801"], ["658801"]],
  "FU-A with forbidden_zero_bit": [["0! fcc5 8801"], ["e58801 damaged"]],
  "a keyframe whose parameter sets are lost": [
    ["0 67", "0 68", "0! 658801", "lost", "3000 68", "3000! 658802"],
    ["67 68 658801", "68 658802 damaged discontinuity"],
  ],
  "a keyframe whose parameter sets are not lost": [
    ["0 67", "0 68", "0! 658801", "lost", "3000 67", "3000 68", "3000! 658802"],
    ["67 68 658801", "67 68 658802 discontinuity"],
  ],
  "a keyframe whose parameter sets are lost, as was a slice of the first": [
    ["0 67", "0 68", "0 658801", "lost", "0! 654002"]
      .concat("lost", "3000! 658802"),
    [
      "67 68 658801 654002 damaged discontinuity",
      "658802 damaged discontinuity",
    ],
  ],
  "keyframes behind a damaged one, of a stream that has the sets once": [
    ["0 67", "0 68", "0! 658801", "3000 658802", "lost", "3000! 654003"]
      .concat("6000! 658804"),
    [
      "67 68 658801",
      "658802 654003 damaged discontinuity",
      "658804 discontinuity",
    ],
  ],
  "a keyframe behind a loss, of a stream without parameter sets": [
    ["0! 658801", "lost", "3000! 658802"],
    ["658801", "658802 discontinuity"],
  ],
  "a keyframe behind a loss, of a stream that has them once": [
    ["0 67", "0 68", "0! 658801", "3000! 658802", "lost", "6000! 658803"],
    ["67 68 658801", "658802", "658803 discontinuity"],
  ],
  "a parameter set whose end is lost is dropped": [
    ["0 7c87 42001e", "lost", "0! 658801"],
    ["658801 damaged discontinuity"],
  ],
  "a parameter set without its end is dropped": [
    ["0 7c87 42001e", "0! 658801"],
    ["658801 damaged"],
  ],
  "STAP-A of nothing": [
    ["0 658801", "0! 78", "3000! 418802"],
    ["658801 damaged", "418802 discontinuity"],
  ],
  "STAP-A with size 0": [
    ["0! 78 0003 658801 0000 0002 68ce", "3000! 418802"],
    ["658801 damaged", "418802 discontinuity"],
  ],
  "STAP-A with a size beyond the payload": [
    ["0! 78 0003 658801 0009 68ce"],
    ["658801 damaged"],
  ],
  "STAP-A with size 65535": [["0! 78 ffff 658801"], []],
  "STAP-A with half a size": [["0! 78 0003 658801 00"], ["658801 damaged"]],
  "STAP-A with a size and nothing else": [
    ["0! 78 0003 658801 0002"],
    ["658801 damaged"],
  ],
  "STAP-A in a STAP-A": [
    ["0! 78 0003 658801 0005 78 0002 68ce"],
    ["658801 damaged"],
  ],
  "STAP-A with a fragment": [
    ["0! 78 0003 658801 0003 7c8588"],
    ["658801 damaged"],
  ],
  "STAP-A with type 0": [
    ["0! 78 0003 658801 0002 6001"],
    ["658801 damaged"],
  ],
  "STAP-B": [
    ["0! 79 0001 0003 658801", "3000! 418802"],
    ["418802 discontinuity"],
  ],
  "MTAP16": [
    ["0! 7a 0001 0006 00 0000 658801", "3000! 418802"],
    ["418802 discontinuity"],
  ],
  "MTAP24": [
    ["0! 7b 0001 0007 00 000000 658801", "3000! 418802"],
    ["418802 discontinuity"],
  ],
  "FU-B": [
    ["0 7d85 0001 8801", "0! 7c45 02", "3000! 418803"],
    ["418803 discontinuity"],
  ],
  "PACSI and other reserved types": [
    ["0 658801", "0 7e00", "0! 7f00"],
    ["658801 damaged"],
  ],
  "type 0 without start code": [
    ["0 658801", "0! 00ff"],
    ["658801 damaged"],
  ],
  "an empty start code": [["0 658801", "0! 000001"], ["658801 damaged"]],
  "zeros": [["0 658801", "0! 00000000"], ["658801 damaged"]],
  "a slice of one byte": [["0! 65", "3000! 418801"], [
    "65 damaged",
    "418801 discontinuity",
  ]],
  "a SEI of one byte": [["0 06", "0! 658801"], ["06 658801"]],
  "forbidden_zero_bit": [["0! e58801"], ["e58801 damaged"]],
  "a slice that holds a start code": [
    ["0! 658801 000001 41", "3000! 418802"],
    ["658801 41 damaged", "418802 discontinuity"],
  ],
  "a start code split over two pieces": [
    ["0 7c85 8801 00", "0! 7c45 0001 41"],
    ["658801 41 damaged"],
  ],
  "a picture that begins in its middle": [
    ["0! 654801", "3000! 418802"],
    ["654801 damaged", "418802 discontinuity"],
  ],
  "a picture without its first slice behind a gap": [
    ["0! 658801", "lost", "3000! 414802", "6000! 418803"],
    ["658801", "414802 damaged discontinuity", "418803 discontinuity"],
  ],
  "a picture with a lost slice in its middle": [
    ["0 658801", "lost", "0! 654803", "3000! 418804"],
    ["658801 654803 damaged discontinuity", "418804 discontinuity"],
  ],
  "a lost marker: the picture before is damaged": [
    ["0 658801", "lost", "3000! 418803"],
    ["658801 damaged discontinuity", "418803 discontinuity"],
  ],
  "a whole picture lost": [
    ["0! 658801", "lost", "6000! 418803", "9000! 418804"],
    ["658801", "418803 discontinuity", "418804"],
  ],
  "parameter sets of a lost picture are dropped": [
    ["0! 658801", "3000 6742001e", "lost", "6000! 418803"],
    ["658801", "418803 discontinuity"],
  ],
  "a slice lost behind parameter sets": [
    ["0 6742001e", "lost", "0! 658803"],
    ["6742001e 658803 damaged discontinuity"],
  ],
  "a gap in front of a packet without payload": [
    ["0 658801", "lost", "0", "0! 654804", "3000! 418805"],
    ["658801 654804 damaged discontinuity", "418805 discontinuity"],
  ],
  "a gap in front of a marker without payload": [
    ["0 658801", "lost", "0!", "3000! 418804"],
    ["658801 damaged discontinuity", "418804 discontinuity"],
  ],
  "the rest of a picture behind a gap is no proof against markers": [
    ["0! 658801", "lost", "0! 654803", "3000! 418804", "3000! 414805"],
    [
      "658801",
      "654803 damaged discontinuity",
      "418804 discontinuity",
      "414805 damaged",
    ],
  ],
  "nothing but parameter sets": [["0! 6742001e", "3000! 68ce"], []],
  "nothing but a delimiter": [["0! 09f0"], []],
};

for (
  const [group, cases] of Object.entries({ BOUNDARIES, PAYLOADS, HOSTILE })
) {
  for (const [name, [packets, units]] of Object.entries(cases)) {
    test(`RtpDepacketizer, ${group.toLowerCase()}: ${name}`, () => {
      const { units: found, receiver } = receive(packetsOf(packets));
      assert.deepEqual(describe(found), units);
      assert.equal(receiver.statistics.units, units.length);
      const damaged = found.filter((unit) => unit.damaged);
      assert.equal(receiver.statistics.damagedUnits, damaged.length);
    });
  }
}

/** Numbers packets, and marks the last one. */
function number(payloads: readonly Uint8Array[], timestamp = 0, from = 0) {
  return payloads.map((payload, i) =>
    writeRtp(payload, {
      sequence: from + i & 0xffff,
      timestamp,
      marker: i === payloads.length - 1,
    })
  );
}

for (const excess of [0, 1]) {
  const what = excess === 0 ? "keeps" : "drops";
  test(`RtpDepacketizer ${what} a unit of ${excess} bytes above 8 MiB`, () => {
    const piece = new Uint8Array(60_000).fill(0x55);
    piece.set([0x7c, 0x05]);
    const pieces = [Uint8Array.of(0x7c, 0x85, 0x88)];
    // Start code, header, and the byte above.
    let left = MAX_ACCESS_UNIT_BYTES - 6 + excess;
    for (; left > 0; left -= piece.length - 2) {
      pieces.push(piece.slice(0, 2 + left));
    }
    pieces.at(-1)![1] = 0x45;
    const packets = number(pieces);
    const next = packetsOf(["3000! 418802"], { sequence: packets.length });
    const { units, receiver } = receive([...packets, ...next]);
    const lengths = units.map(({ data }) => data.length);
    assert.deepEqual(lengths, excess ? [7] : [MAX_ACCESS_UNIT_BYTES, 7]);
    assert.equal(units.at(-1)?.discontinuity, excess === 1);
    assert.equal(receiver.statistics.droppedUnits, excess);
  });

  test(`RtpDepacketizer ${what} a unit of ${excess} NAL units above 512`, () => {
    const slices = Array.from(
      { length: MAX_NAL_UNITS + excess },
      (_, i) => Uint8Array.of(0x65, i === 0 ? 0x88 : 0x48, 0x80),
    );
    const packets = number(slices);
    const next = packetsOf(["3000! 418802"], { sequence: packets.length });
    const { units } = receive([...packets, ...next]);
    const counts = units.map(({ data }) => [...nalUnitsOf(data)].length);
    assert.deepEqual(counts, excess ? [1] : [MAX_NAL_UNITS, 1]);
    assert.equal(units.at(-1)?.discontinuity, excess === 1);
  });
}

test("RtpDepacketizer counts the NAL units within NAL units", () => {
  const slice = Uint8Array.of(0x65, 0x88, ...Array(600).fill([0, 0, 1]).flat());
  const { units, receiver } = receive(number([slice]));
  assert.deepEqual(units, []);
  assert.equal(receiver.statistics.droppedUnits, 1);
});

test("RtpDepacketizer counts the NAL units of aggregations", () => {
  const unit = [0, 2, 0x68, 0xce];
  const flood = Uint8Array.of(0x78, ...Array(MAX_NAL_UNITS).fill(unit).flat());
  const slice = Uint8Array.of(0x65, 0x88);
  assert.deepEqual(receive(number([flood, slice])).units, []);
  const fitting = flood.subarray(0, flood.length - unit.length);
  assert.equal(receive(number([fitting, slice])).units.length, 1);
});

test("RtpDepacketizer tells keyframes, recovery points, parameter sets", () => {
  const { units } = receive(packetsOf([
    "0! 78 0004 6742001e 0002 68ce 0003 658801",
    "3000! 418802",
    "6000 060601c480",
    "6000! 418803",
    "9000 1c86 0601",
    "9000 1c46 c480",
    "9000 6742001e",
    "9000! 418804",
    "12000! 418805",
  ]));
  const found = units.map((unit) => [
    unit.keyframe,
    unit.recoveryPoint,
    unit.hasParameterSets,
  ]);
  assert.deepEqual(found, [
    [true, false, true],
    [false, false, false],
    [false, true, false],
    [false, true, false],
    [false, false, false],
  ]);
});

test("RtpDepacketizer keeps nothing of the packets it was given", () => {
  const packets = packetsOf(["0 7c85 8801", "0! 7c45 02", "3000! 418803"]);
  const { units } = receive(packets);
  for (const packet of packets) packet.fill(0xee);
  assert.deepEqual(describe(units), ["65880102", "418803"]);
});
