import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../../agent/errors.ts";
import { parseAddress } from "../../agent/media/mod.ts";
import { test } from "../harness.ts";
import { runSeed } from "../random.ts";

/** Text, half of it of characters that mean something in an address. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."@:/?#%&=[]+. *\\\n\0"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});

/** Plain letters, which nothing else in the test has. */
const secret = fc.string({
  unit: fc.constantFrom(..."XYZ"),
  minLength: 3,
  maxLength: 9,
});

test("parseAddress() throws nothing but ConfigError (8000 cases)", () => {
  const address = fc.oneof(
    text,
    fc.tuple(fc.constantFrom("tcp:", "rtsp://", "file:", "a:b://"), text, text)
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(address, (address) => {
      try {
        const parsed = parseAddress(address);
        assert.match(parsed.scheme, /^[a-z][a-z0-9+.-]+$/);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }),
    { seed: runSeed() | 0, numRuns: 8000 },
  );
});

test("parseAddress() shows no password (4000 cases)", () => {
  fc.assert(
    fc.property(secret, text, text, (secret, around, path) => {
      const address = `rtsp://user:${around}${secret}${around}@host/${path}`;
      let shown: string;
      try {
        shown = parseAddress(address).redacted;
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        shown = error.message;
      }
      assert.ok(!shown.includes(secret), shown);
    }),
    { seed: runSeed() | 0, numRuns: 4000 },
  );
});

test("parseAddress() gives back what was encoded (3000 cases)", () => {
  const plain = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    .filter((text) => !/\p{Cc}|\p{Cs}/u.test(text));
  fc.assert(
    fc.property(
      plain,
      plain,
      plain,
      plain,
      (username, password, path, value) => {
        const [a, b, c, d] = [username, password, path, value].map((part) =>
          encodeURIComponent(part)
        );
        const rest = `${a}:${b}@host:554/${c}?key=${d}`;
        const parsed = parseAddress(`srt://${rest}`);
        assert.equal(parsed.username, username);
        assert.equal(parsed.password, password);
        assert.equal(parsed.path, `/${path}`);
        assert.equal(parsed.query["key"], value);
        const { password: same, resource } = parseAddress(`rtsp://${rest}`);
        assert.equal(same, password);
        assert.equal(resource, `/${c}?key=${d}`);
      },
    ),
    { seed: runSeed() | 0, numRuns: 3000 },
  );
});
