import assert from "node:assert/strict";
import { declarationChecks } from "../../test/contract/declaration.ts";
import { register } from "../../test/contract/suite.ts";
import { published } from "../../test/fakes/publishing.ts";
import { test } from "../../test/harness.ts";
import * as module from "./mod.ts";

register("transport-srt", declarationChecks(module), []);

test("transport-srt tells FFmpeg a server, and the rest in secret", async () => {
  const { job, server } = await published(
    module,
    "srt://host:8890?streamid=publish:cam:me:s3cret&passphrase=0123456789",
  );
  assert.equal(job.output.at(-1), "srt://host:8890");
  assert.equal(job.output.at(-2), "mpegts");
  assert.deepEqual(job.secrets, {
    streamid: "publish:cam:me:s3cret",
    passphrase: "0123456789",
  });
  assert.equal(server, "host:8890");
});

test("transport-srt asks for a latency in microseconds", async () => {
  const { job } = await published(module, "srt://[::1]:1?latency=200ms");
  assert.equal(job.output[job.output.indexOf("-latency") + 1], "200000");
  assert.equal(job.output.at(-1), "srt://[::1]:1");
  assert.deepEqual(job.secrets, {});
});

for (
  const [address, message] of Object.entries({
    "srt://host": /it names no server and port/,
    "srt:": /it names no server and port/,
    "srt://host:1/cam": /it has a path/,
    "srt://host:1?passphrase=s3cret": /"passphrase" is "\*\*\*", expected 10/,
    "srt://host:1?mode=listener": /no option "mode"/,
  })
) {
  test(`transport-srt refuses ${address}`, async () => {
    const running = async () => await published(module, address);
    await assert.rejects(running, { name: "ConfigError", message });
  });
}
