import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { property } from "../../test/property.ts";
import { ConfigError } from "../../agent/errors.ts";
import { NUT_OUTPUT, parseAddress } from "../../agent/media/mod.ts";
import { argsFor, requestFor } from "./ffmpeg_request.ts";

const script = (address: string) =>
  new TextDecoder().decode(requestFor(parseAddress(address), "tcp"));

test("requestFor() asks one address, in the way that was chosen", () => {
  const lines = script("rtsp://cam/x").split("\n");
  assert.equal(lines[0], "ffconcat version 1.0");
  assert.equal(lines[1], "file 'rtsp://cam:554/x'");
  assert.ok(lines.includes("option rtsp_transport tcp"));
  assert.ok(lines.includes("option allowed_media_types video"));
});

test("requestFor() lets no quote end the address", () => {
  assert.match(script("rtsp://cam/it's"), /^file 'rtsp:\/\/cam:554\/it%27s'$/m);
  assert.match(script("rtsp://u:p'q@cam/"), /^file 'rtsp:\/\/u:p%27q@/m);
});

const LINES = script("rtsp://cam").split("\n").length;

property(
  "requestFor() asks for nothing else, whatever is typed",
  5000,
  (random) => {
    const parts = [
      "'",
      "\\",
      "\n",
      "\r",
      "\0",
      "%0a",
      "%27",
      "#",
      "?",
      "@",
      "/",
    ];
    const words = [" ", "option", "file", "ffconcat", "http://x", "a", ":"];
    let address = "rtsp://";
    for (let i = random.below(12); i >= 0; i--) {
      const from = random.below(2) === 0 ? parts : words;
      address += from[random.below(from.length)];
    }
    let text: string;
    try {
      text = script(address);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return;
    }
    const lines = text.split("\n");
    assert.equal(lines.length, LINES);
    assert.match(lines[1]!, /^file 'rtsp:\/\/[^']*'$/);
    assert.ok(lines.slice(2, -1).every((line) => line.startsWith("option ")));
  },
);

test("argsFor() says nothing of an address", () => {
  const args = argsFor(NUT_OUTPUT).join(" ");
  assert.doesNotMatch(args, /rtsp:/);
  assert.match(args, /-protocol_whitelist pipe,tcp,udp,rtp -safe 0 -f concat/);
});
