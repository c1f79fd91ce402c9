import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { type PesFields, writePes } from "../../../test/ts_writer.ts";
import { PesClock, PesReader } from "./pes.ts";

const PAYLOAD = [0, 0, 0, 1, 9, 0xf0];

/** Reads a PES packet in pieces; joins what is of the stream. */
function read(packet: Uint8Array, size = packet.length, isBounded = true) {
  const pes = new PesReader();
  pes.begin(isBounded);
  const payload: number[] = [];
  for (let at = 0; at < packet.length; at += size) {
    payload.push(...pes.push(packet.subarray(at, at + size)));
  }
  return { pes, payload };
}

const PACKETS: Record<string, [Partial<PesFields>, number]> = {
  "without length": [{ pts: 90_000 }, Infinity],
  "with its length": [{ pts: 90_000, length: "right" }, 0],
  "without timestamp": [{ length: "right" }, 0],
  "that is not complete": [{ length: 100 }, 97 - PAYLOAD.length],
  "of private data": [{ streamId: 0xbd }, Infinity],
};

for (const [name, [fields, missing]] of Object.entries(PACKETS)) {
  test(`PesReader reads a packet ${name}, in all pieces`, () => {
    const packet = writePes(PAYLOAD, fields);
    for (let size = 1; size <= packet.length; size++) {
      const { pes, payload } = read(packet, size);
      assert.deepEqual(payload, PAYLOAD);
      assert.equal(pes.state, "payload");
      assert.equal(pes.missing, missing);
      assert.equal(pes.pts, fields.pts);
    }
  });
}

test("PesReader leaves out what is behind the end", () => {
  const packet = writePes(PAYLOAD, { length: 3 + 4 });
  const { pes, payload } = read(packet);
  assert.deepEqual(payload, PAYLOAD.slice(0, 4));
  assert.equal(pes.missing, 0);
  assert.equal(pes.push(Uint8Array.of(1)).length, 0);
});

test("PesReader goes on behind an end that is not believed", () => {
  const packet = writePes(PAYLOAD, { length: 3 + 4 });
  assert.deepEqual(read(packet, 3, false).payload, PAYLOAD);
  const { pes } = read(packet);
  pes.forgetEnd();
  assert.deepEqual([...pes.push(Uint8Array.of(1, 2))], [1, 2]);
  assert.equal(pes.missing, Infinity);
});

test("PesReader skips the whole header", () => {
  const packet = writePes(PAYLOAD, { pts: 1 });
  const longer = [...packet.subarray(0, 14), 0xff, 0xff, ...PAYLOAD];
  longer[8]! += 2;
  assert.deepEqual(read(Uint8Array.from(longer)).payload, PAYLOAD);
  longer[5] = 3;
  assert.equal(read(Uint8Array.from(longer)).pes.missing, 0);
});

for (const pts of [0, 1, 2 ** 30 - 1, 2 ** 30, 2 ** 32 + 12345, 2 ** 33 - 1]) {
  test(`PesReader reads the timestamp ${pts}`, () => {
    assert.equal(read(writePes([], { pts })).pes.pts, pts);
  });
}

test("PesReader reads no timestamp without marker bits, or cut off", () => {
  for (const at of [9, 11, 13]) {
    const packet = writePes(PAYLOAD, { pts: 5 });
    packet[at]! &= 0xfe;
    assert.equal(read(packet).pes.pts, undefined);
  }
  const packet = writePes(PAYLOAD, { pts: 5 });
  packet[8] = 4;
  assert.equal(read(packet).pes.pts, undefined);
});

const WRONG: Record<string, (packet: Uint8Array) => void> = {
  "does not begin with a start code": (packet) => packet[2] = 2,
  "is of MPEG-1": (packet) => packet[6] = 0x21,
  "is scrambled": (packet) => packet[6] = 0x90,
  "is padding": (packet) => packet[3] = 0xbe,
  "is a directory": (packet) => packet[3] = 0xff,
};

for (const [what, spoil] of Object.entries(WRONG)) {
  test(`PesReader reads nothing of a packet that ${what}`, () => {
    const packet = writePes(PAYLOAD, { length: "right" });
    spoil(packet);
    const { pes, payload } = read(packet, 4);
    assert.deepEqual(payload, []);
    assert.equal(pes.state, "wrong");
    pes.begin(true);
    const next = pes.push(writePes(PAYLOAD));
    assert.deepEqual([...next], PAYLOAD);
  });
}

test("PesReader reads nothing in front of the first packet", () => {
  const pes = new PesReader();
  assert.equal(pes.state, "before");
  pes.forgetEnd();
  assert.equal(pes.push(Uint8Array.from(PAYLOAD)).length, 0);
});

test("PesReader gives a packet up whose header has a gap", () => {
  const { pes } = read(writePes([]).subarray(0, 7));
  pes.forgetEnd();
  assert.equal(pes.push(Uint8Array.from(PAYLOAD)).length, 0);
  assert.equal(pes.state, "wrong");
});

test("PesClock makes microseconds of 90 kHz", () => {
  const clock = new PesClock();
  assert.deepEqual(
    [126_000, 129_003, 129_001].map((pts) => clock.ptsOf(pts)),
    [1_400_000, 1_433_367, 1_433_344],
  );
});

test("PesClock counts on where 33 bits begin anew", () => {
  const clock = new PesClock();
  const ticks = [2 ** 33 - 9, 0, 9, 2 ** 33 - 9, 2 ** 32, 2 ** 33 - 18, 0];
  assert.deepEqual(
    ticks.map((pts) => clock.ptsOf(pts)),
    [-9, 0, 9, -9, -(2 ** 32), -18, 0].map((pts) =>
      Math.round((2 ** 33 + pts) * 100 / 9)
    ),
  );
});
