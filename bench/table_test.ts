import assert from "node:assert/strict";
import { test } from "../test/harness.ts";
import { ms } from "../agent/media/time.ts";
import type { Summary } from "./statistics.ts";
import {
  agesTable,
  firstFramesTable,
  formatVerdicts,
  layOut,
  type Table,
} from "./table.ts";

const TABLE = [["size", "pipeline", "p50"], ["640x480", "floor", "4.2"]];

test("layOut lines words up on the left and figures on the right", () => {
  assert.equal(
    layOut([...TABLE, ["640x480", "x", "170.0"]], false),
    "size     pipeline    p50\n" +
      "640x480  floor       4.2\n" +
      "640x480  x         170.0\n",
  );
});

test("layOut makes a Markdown table", () => {
  assert.equal(
    layOut(TABLE, true),
    "| size    | pipeline | p50 |\n" +
      "| ------- | -------- | --: |\n" +
      "| 640x480 | floor    | 4.2 |\n",
  );
});

test("formatVerdicts says what was missed by how much", () => {
  const verdict = { size: "640x480", what: "p50, ms", limit: 2 } as const;
  assert.equal(
    formatVerdicts([
      { ...verdict, value: 1.234, bound: "most", met: true },
      { ...verdict, value: 2.5, bound: "most", met: false },
    ]),
    "met    640x480 p50, ms: 1.23 (at most 2)\n" +
      "MISSED 640x480 p50, ms: 2.50 (at most 2)\n",
  );
});

test("agesTable compares with the floor, and shows who used what", () => {
  const name = "camagent";
  const row = { format: FORMAT, name, title: "ours", summary: SUMMARY };
  const floor = { ...SUMMARY, ages: { ...SUMMARY.ages, p50: ms(4) } };
  const table = agesTable([row], () => floor);
  assert.deepEqual(byHeading(table), {
    "size": "640x480",
    "pipeline": "ours",
    "p50": "5.0",
    "p95": "6.0",
    "p99": "7.0",
    "max": "8.0",
    "p50 - floor": "+1.0 (1.3x)",
    "sent": "600",
    "lost": "2",
    "repeated": "1",
    "fps": "30.0",
    "first ms": "101",
    "sender %": "5+10",
    "receiver %": "6",
    "MB": "80/90",
    "source %": "1",
    "reader %": "2",
  });
});

test("agesTable keeps the row of a pipeline that failed", () => {
  const row = { format: FORMAT, name: "camagent", title: "ours" };
  const table = agesTable([row], () => undefined);
  assert.equal(byHeading(table).p50, "failed");
  assert.equal(table[1]?.length, table[0]?.length);
});

test("firstFramesTable shows medians first", () => {
  const times = { p50: ms(132), p95: ms(180), p99: ms(190), max: ms(200) };
  const age = { p50: ms(20), p95: ms(30), p99: ms(40), max: ms(50) };
  const firstFrames = { delay: times, age };
  const row = { format: FORMAT, name: "camagent", title: "ours", firstFrames };
  assert.deepEqual(firstFramesTable([row])[1]?.slice(2), [
    ...["132.0", "180.0", "200.0"],
    ...["20.0", "30.0", "50.0"],
  ]);
});

const FORMAT = { width: 640, height: 480, fps: 30, bitrate: 2e6 };

const SUMMARY: Summary = {
  ages: { p50: ms(5), p95: ms(6), p99: ms(7), max: ms(8) },
  sent: 600,
  received: 598,
  lost: 2,
  repeated: 1,
  unreadable: 0,
  fps: 30,
  firstFrame: ms(101.4),
  usage: {
    source: { own: 0.01, children: 0, residentMb: 60 },
    sender: { own: 0.05, children: 0.1, residentMb: 80 },
    receiver: { own: 0.06, children: 0, residentMb: 90 },
    reader: { own: 0.02, children: 0, residentMb: 60 },
  },
};

function byHeading(table: Table): Record<string, string> {
  const [heading = [], row = []] = table;
  return Object.fromEntries(heading.map((key, at) => [key, row[at] ?? ""]));
}
