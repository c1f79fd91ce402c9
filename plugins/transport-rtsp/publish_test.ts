import assert from "node:assert/strict";
import { published } from "../../test/fakes/publishing.ts";
import { test } from "../../test/harness.ts";
import * as module from "./mod.ts";
import { withoutMode } from "./publish.ts";

const ADDRESSES: Record<string, string> = {
  "rtsp://host/cam?mode=publish":
    "-rtsp_transport tcp -f rtsp rtsp://host:554/cam",
  "rtsp://[::1]:8554/cam#mode=publish&transport=udp":
    "-rtsp_transport udp -f rtsp rtsp://[::1]:8554/cam",
  "rtsp://host/cam?token=1&mode=publish":
    "-rtsp_transport tcp -f rtsp rtsp://host:554/cam?token=1",
};

for (const [address, words] of Object.entries(ADDRESSES)) {
  test(`transport-rtsp publishes to ${address}`, async () => {
    const { job, lines } = await published(module, address);
    assert.equal(job.output.join(" "), words);
    assert.deepEqual(lines, []);
  });
}

test("transport-rtsp says who can see a password", async () => {
  const { job, lines, server } = await published(
    module,
    "rtsp://me:s3cret@host/cam?mode=publish",
  );
  assert.equal(job.output.at(-1), "rtsp://me:s3cret@host:554/cam");
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /everybody on this machine can see the password/);
  assert.doesNotMatch(lines[0]! + server, /s3cret/);
});

for (
  const [address, message] of Object.entries({
    "rtsp://host/cam": /there is no RTSP server yet; .* add \?mode=publish/,
    "rtsp:?mode=publish": /it names no server/,
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
  assert.equal(withoutMode("/a?mode=publish&b=1"), "/a?b=1");
  assert.equal(withoutMode("/a?b=1&mode=publish&c=2"), "/a?b=1&c=2");
  assert.equal(withoutMode("/a?mode=publisher"), "/a?mode=publisher");
});
