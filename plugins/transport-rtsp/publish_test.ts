import assert from "node:assert/strict";
import { published } from "../../test/fakes/publishing.ts";
import { test } from "../../test/harness.ts";
import * as module from "./mod.ts";
import { withoutMode } from "./publish.ts";

for (
  const [address, message] of Object.entries({
    "rtsp:?mode=publish": /it names no server/,
    "rtsp://host/cam#mode=publish&transport=udp": /over UDP/,
  })
) {
  test(`transport-rtsp does not send to ${address}`, async () => {
    await assert.rejects(published(module, address), {
      name: "ConfigError",
      message,
      exitCode: 64,
    });
  });
}

test("withoutMode() leaves what is the server's", () => {
  assert.equal(withoutMode("/a?mode=publish"), "/a");
  assert.equal(withoutMode("/a?mode=publish&b=1"), "/a?b=1");
  assert.equal(withoutMode("/a?b=1&mode=publish&c=2"), "/a?b=1&c=2");
  assert.equal(withoutMode("/a?mode=publisher"), "/a?mode=publisher");
});
