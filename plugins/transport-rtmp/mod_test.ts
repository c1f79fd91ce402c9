import assert from "node:assert/strict";
import { declarationChecks } from "../../test/contract/declaration.ts";
import { register } from "../../test/contract/suite.ts";
import { published } from "../../test/fakes/publishing.ts";
import { test } from "../../test/harness.ts";
import * as module from "./mod.ts";

register("transport-rtmp", declarationChecks(module), []);

test("transport-rtmp tells FFmpeg a server, and the stream in secret", async () => {
  const { job, server } = await published(module, "rtmp://host/live/k3y?a=b");
  assert.equal(job.output.at(-1), "rtmp://host:1935");
  assert.equal(job.output.at(-2), "flv");
  assert.deepEqual(job.secrets, {
    "rtmp_app": "live",
    "rtmp_playpath": "k3y?a=b",
  });
  assert.equal(server, "host:1935");
});

for (
  const [address, message] of Object.entries({
    "rtmp:": /it names no server/,
    "rtmp://host": /it names no stream/,
    "rtmp://me:s3cret@host/live/k3y": /take a user and a password behind/,
  })
) {
  test(`transport-rtmp refuses ${address}`, async () => {
    await assert.rejects(published(module, address), (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /s3cret|k3y/);
      return true;
    });
  });
}
