import assert from "node:assert/strict";
import { us } from "../agent/media/time.ts";
import { test } from "../test/harness.ts";
import { formatSighting, parseSighting, type Sighting } from "./reader.ts";

const SIGHTINGS: Record<string, Sighting> = {
  "a frame": {
    readAt: us(5_000_000_004_000),
    stamp: { counter: 7, time: us(5_000_000_000_000) },
  },
  "a frame with a damaged stamp": { readAt: us(5), stamp: undefined },
};

for (const [name, sighting] of Object.entries(SIGHTINGS)) {
  test(`parseSighting gives back ${name}`, () => {
    assert.deepEqual(parseSighting(formatSighting(sighting)), sighting);
  });
}
