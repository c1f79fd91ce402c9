import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { parseAddress } from "../media/address.ts";
import { host } from "./host.ts";
import { checkInput, checkSink, checkSource } from "./reserved.ts";

const { z, defineSink, defineSource, defineTransport, option } = host;

const source = defineSource({
  name: "source-it",
  schemes: ["it"],
  description: "nothing",
  options: z.strictObject({ loop: option.flag().default(false) }),
  run: () => Promise.resolve(),
});

const sink = defineSink({
  name: "sink-it",
  schemes: ["it"],
  description: "nothing",
  accepts: ["gray"],
  options: z.strictObject({ every: option.duration().optional() }),
  open: () => ({ write() {}, async [Symbol.asyncDispose]() {} }),
});

const transport = defineTransport({
  name: "transport-it",
  schemes: ["it"],
  description: "nothing",
  options: z.strictObject({ port: option.integer(1, 9).default(5) }),
});

test("checkInput() parts the agent's options from the plugin's", () => {
  for (const loss of ["hold", "flag", "pass"] as const) {
    const address = parseAddress(`it:?loss=${loss}&port=7`);
    assert.deepEqual(checkInput(transport, address), {
      options: { port: 7 },
      reserved: { loss },
    });
  }
});

test("checkInput() holds back what is spoilt unless told otherwise", () => {
  assert.deepEqual(checkInput(transport, parseAddress("it:")), {
    options: { port: 5 },
    reserved: { loss: "hold" },
  });
});

/** Wrong queries of inputs, and what is said about them. */
const WRONG_INPUTS: Record<string, string> = {
  "loss=drop": 'option "loss" is "drop", expected hold, flag or pass',
  "loss=": 'option "loss" is "", expected hold, flag or pass',
  "los=hold": 'no option "los" (did you mean "loss"?)',
  "port=0": 'option "port" is "0", expected a whole number from 1 to 9',
  "size=640x480": 'no option "size" (there is format, loss, port)',
};

for (const [query, why] of Object.entries(WRONG_INPUTS)) {
  test(`checkInput() refuses ?${query}`, () => {
    assert.throws(() => checkInput(transport, parseAddress(`it:?${query}`)), {
      name: "ConfigError",
      message: `Cannot use "it:?${query}": ${why}`,
    });
  });
}

test("checkSource() parts the agent's options from the plugin's", () => {
  const address = parseAddress(
    "it:?size=320x240&loop=true&fps=12.5&bitrate=500k&gop=50&" +
      "encoder=h264_v4l2m2m&start=first-viewer&stamp=false",
  );
  assert.deepEqual(checkSource(source, address), {
    options: { loop: true },
    reserved: {
      size: { width: 320, height: 240 },
      fps: 12.5,
      bitrate: 500_000,
      gop: 50,
      encoder: "h264_v4l2m2m",
      start: "first-viewer",
      stamp: false,
    },
  });
});

test("checkSource() leaves to the source what nobody chose", () => {
  assert.deepEqual(checkSource(source, parseAddress("it:")), {
    options: { loop: false },
    reserved: { encoder: "auto", start: "now", stamp: true },
  });
});

test("checkSink() parts the agent's options from the plugin's", () => {
  const address = parseAddress(
    "it:/run/cam?pixelFormat=nv12&every=2s&size=320x240&fps=0.5",
  );
  assert.deepEqual(checkSink(sink, address), {
    options: { every: 2000 },
    reserved: {
      pixelFormat: "nv12",
      size: { width: 320, height: 240 },
      fps: 0.5,
    },
  });
});

test("checkSink() leaves to the sink what nobody chose", () => {
  assert.deepEqual(checkSink(sink, parseAddress("it:")), {
    options: {},
    reserved: {},
  });
});

/** Wrong queries of sources, and what is said about them. */
const WRONG_SOURCES: Record<string, string> = {
  "size=huge": 'option "size" is "huge", expected a size such as 640x480, ' +
    "16x16 to 8192x8192",
  "fps=0": 'option "fps" is "0", expected a number from 1 to 240',
  "gop=0": 'option "gop" is "0", expected a whole number from 1 to 1000',
  "bitrate=2G": 'option "bitrate" is "2G", expected "auto" or bits per ' +
    "second such as 2M or 500k (10k to 200M)",
  "encoder=-y": 'option "encoder" is "-y", expected an encoder\'s name',
  "start=later": 'option "start" is "later", expected "now" or "first-viewer"',
  "stamp=maybe": 'option "stamp" is "maybe", expected true or false',
  "loop=twice": 'option "loop" is "twice", expected true or false',
  "seize=640x480": 'no option "seize" (did you mean "size"?)',
  "lop=true": 'no option "lop" (did you mean "loop"?)',
  "pixelFormat=gray":
    'no option "pixelFormat" (there is adapt, bitrate, encoder, fps, gop, ' +
    "intraRefresh, loop, " +
    "size, stamp, start)",
};

for (const [query, why] of Object.entries(WRONG_SOURCES)) {
  test(`checkSource() refuses ?${query}`, () => {
    assert.throws(() => checkSource(source, parseAddress(`it:?${query}`)), {
      name: "ConfigError",
      message: `Cannot use "it:?${query}": ${why}`,
    });
  });
}

/** Wrong queries of sinks, and what is said about them. */
const WRONG_SINKS: Record<string, string> = {
  "pixelFormat=rgb": 'option "pixelFormat" is "rgb", expected one of rgb24, ' +
    "bgr24, gray, yuv420p, nv12",
  "size=640": 'option "size" is "640", expected a size such as 640x480, ' +
    "16x16 to 8192x8192",
  "fps=0": 'option "fps" is "0", expected a number from 0.01 to 240',
  "every=2": 'option "every" is "2", expected a duration such as 250ms, 2s ' +
    "or 10m",
  "pixelformat=gray": 'no option "pixelformat" (did you mean "pixelFormat"?)',
  "evry=2s": 'no option "evry" (did you mean "every"?)',
};

for (const [query, why] of Object.entries(WRONG_SINKS)) {
  test(`checkSink() refuses ?${query}`, () => {
    assert.throws(() => checkSink(sink, parseAddress(`it:?${query}`)), {
      name: "ConfigError",
      message: `Cannot use "it:?${query}": ${why}`,
    });
  });
}
