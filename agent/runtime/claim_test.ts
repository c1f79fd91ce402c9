import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { assertFlat } from "../../test/programs/descriptors.ts";
import { test } from "../../test/harness.ts";
import { claim, reclaim } from "./claim.ts";
import { ERRNO, type Libc, libc } from "./libc.ts";

test("claim is held by one at a time, and given back", () => {
  const name = randomUUID();
  const held = claim(libc!, name);
  assert.ok(held);
  assert.equal(claim(libc!, name), undefined);
  assert.equal(claim(libc!, name), undefined);
  held[Symbol.dispose]();
  using again = claim(libc!, name);
  assert.ok(again);
});

test("claim of one name leaves others free", () => {
  using one = claim(libc!, randomUUID());
  using other = claim(libc!, randomUUID());
  assert.ok(one && other);
});

test("claim is given back once, however often it is disposed", () => {
  const held = claim(libc!, randomUUID());
  held![Symbol.dispose]();
  // Somebody else gets the number of the descriptor.
  const name = randomUUID();
  using other = claim(libc!, name);
  held![Symbol.dispose]();
  assert.ok(other);
  assert.equal(claim(libc!, name), undefined);
});

test("reclaim waits for what a child still has, not for somebody else", async () => {
  const name = randomUUID();
  let refusals = 3;
  const slow = {
    ...libc!,
    bind: (...words: Parameters<Libc["bind"]>) =>
      refusals-- > 0 ? -1 : libc!.bind(...words),
    errno: () => ERRNO.EADDRINUSE,
  };
  using held = await reclaim(slow, name);
  assert.ok(held);
  assert.equal(await reclaim(libc!, name), undefined);
});

test("claim keeps no descriptor, granted or refused", async () => {
  await assertFlat("claim", 100);
});

test("claim says what the system says where it has no socket", () => {
  const poor = { ...libc!, socket: () => -1, errno: () => ERRNO.EMFILE };
  assert.throws(() => claim(poor, "frames"), {
    name: "StreamError",
    message: 'Cannot claim "frames": EMFILE',
  });
});
