import assert from "node:assert/strict";
import { parseAddress } from "../../agent/media/mod.ts";
import { declare } from "../../test/contract/declaration.ts";
import { contextOf } from "../../test/contract/transport_usage.ts";
import { published } from "../../test/fakes/publishing.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import * as module from "./mod.ts";

const plugin = declare(module, "transport");
const { signal } = new AbortController();

for (
  const [options, message] of Object.entries({
    "maxViewers=3": /"maxViewers" is no option of a receiver$/,
    "multicast=239.1.1.1": /"multicast" is no option of a receiver$/,
    "mode=publish": /"mode" is no option of a receiver$/,
    "passwordFile=/x": /a password needs a user/,
    "user=me&passwordFile=/missing": /"\/missing"/,
  })
) {
  test(`transport-rtsp does not receive with ${options}`, async () => {
    const address = `rtsp://cam/x#${options}`;
    const context = contextOf(plugin, address, new FakeRuntime(), signal);
    const failing = (async () => await plugin.receive!(context))();
    await assert.rejects(failing, { name: "ConfigError", message });
  });
}

test("transport-rtsp does not publish with what is a server's", async () => {
  await assert.rejects(published(module, "rtsp://x/a?mode=publish#cert=a"), {
    name: "ConfigError",
    message: /"cert" is no option of a publisher$/,
  });
});

test("the path of a file of a password is no secret", () => {
  const { redacted } = parseAddress("rtsp://h/a#user=me&passwordFile=/a/b");
  assert.equal(redacted, "rtsp://h/a#user=me&passwordFile=/a/b");
  assert.match(
    parseAddress("rtsp://h/a#password=b").redacted,
    /password=\*\*\*$/,
  );
});
