import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { streamOf } from "./stream.ts";

const STREAMS: Record<string, [application: string, key: string] | undefined> =
  {
    "/live/k3y": ["live", "k3y"],
    "/live/k3y?user=me&pass=a/b": ["live", "k3y?user=me&pass=a/b"],
    "/cam": ["cam", ""],
    "/cam?user=me": ["cam?user=me", ""],
    "/a/b/c": ["a/b", "c"],
    "/live/k3y/": ["live", "k3y"],
    "": undefined,
    "/": undefined,
    "/?user=me": undefined,
    [`/live/${"k".repeat(300)}`]: undefined,
  };

for (const [resource, stream] of Object.entries(STREAMS)) {
  test(`streamOf() takes "${resource.slice(0, 40)}" apart`, () => {
    const { application, key } = streamOf(resource) ?? {};
    assert.deepEqual(
      application === undefined ? undefined : [application, key],
      stream,
    );
  });
}
