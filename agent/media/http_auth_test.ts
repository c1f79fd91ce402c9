import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { property } from "../../test/property.ts";
import {
  answerChallenge,
  checkAuthorization,
  readChallenges,
} from "./http_auth.ts";

const MUFASA = {
  username: "Mufasa",
  method: "GET",
  uri: "/dir/index.html",
  count: 1,
};

test("answerChallenge() answers as RFC 2617, section 3.5, does", () => {
  const [challenge] = readChallenges(
    'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
      'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
      'opaque="5ccc069c403ebaf9f0171e9517f40e41"',
  );
  const answer = answerChallenge(challenge!, {
    ...MUFASA,
    password: "Circle Of Life",
    clientNonce: "0a4f113b",
  });
  assert.match(answer, /response="6629fae49393a05397450978507c4ef1"/);
  assert.match(answer, /opaque="5ccc069c403ebaf9f0171e9517f40e41"/);
  assert.match(answer, /qop=auth, nc=00000001, cnonce="0a4f113b"$/);
});

test("answerChallenge() answers as RFC 7616, section 3.9.1, does", () => {
  const [challenge] = readChallenges(
    'Digest realm="http-auth@example.org", qop="auth, auth-int", ' +
      'algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"',
  );
  const answer = answerChallenge(challenge!, {
    ...MUFASA,
    password: "Circle of Life",
    clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
  });
  const response =
    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
  assert.ok(answer.includes(`response="${response}"`), answer);
});

test("answerChallenge() does without qop, as older servers want it", () => {
  const [challenge] = readChallenges('digest nonce="n", realm="r"');
  const request = { ...MUFASA, password: "p", clientNonce: "c" };
  const answer = answerChallenge(challenge!, request);
  assert.doesNotMatch(answer, /qop|cnonce|opaque|algorithm/);
});

test("answerChallenge() writes Basic in UTF-8", () => {
  const [challenge] = readChallenges('Basic realm="x"');
  const request = { ...MUFASA, password: "a:ü", clientNonce: "c" };
  const answer = answerChallenge(challenge!, request);
  assert.equal(answer, `Basic ${btoa("Mufasa:a:\xc3\xbc")}`);
});

for (
  const header of [
    "",
    'Bearer realm="x"',
    'Digest realm="x"',
    'Digest realm="x", nonce="n", algorithm=MD5-sess',
    'Digest realm="x", nonce="n", algorithm=constructor',
    'Digest realm="x", nonce="n", qop="auth-int"',
  ]
) {
  test(`readChallenges() cannot answer "${header}"`, () => {
    assert.deepEqual(readChallenges(header), []);
  });
}

test("readChallenges() tells several in one line apart", () => {
  const lines: [string, string[]][] = [
    ['Basic realm="b", Digest realm="d", nonce="abc"', ["basic b", "digest d"]],
    ['Digest nonce="abc", realm="d", Basic realm="b"', ["digest d", "basic b"]],
    ['Digest realm = "d, Basic realm=", nonce ="abc"', [
      "digest d, Basic realm=",
    ]],
    ['Negotiate, Bearer realm="x", Basic realm="b"', ["basic b"]],
    [
      'Digest realm="d",nonce="a",algorithm=SHA-256,Digest realm="e",nonce="b"',
      [
        "digest d",
        "digest e",
      ],
    ],
  ];
  for (const [line, told] of lines) {
    const found = readChallenges(line)
      .map(({ scheme, parameters }) => `${scheme} ${parameters["realm"]}`);
    assert.deepEqual(found, told, line);
  }
});

property(
  "answerChallenge() writes one line, whatever a server asks",
  2000,
  (random) => {
    const parts = ["Digest ", "nonce=", "realm=", '"', "\\", ",", "a", "qop="];
    let header = "Digest ";
    for (let i = random.below(20); i > 0; i--) {
      header += parts[random.below(parts.length)];
    }
    const [challenge] = readChallenges(header);
    if (challenge === undefined) return;
    const request = { ...MUFASA, password: "p", clientNonce: "c" };
    assert.match(answerChallenge(challenge, request), /^Digest [^\r\n]*$/);
  },
);

const EXPECTED = {
  ...{ username: "us:er", password: 'p@ss"w\\rd', method: "PLAY" },
  ...{ realm: "camagent", nonce: "0123" },
};

/** What a client shows that knows the password. */
function shown(header: string, differing = {}): string {
  return answerChallenge(readChallenges(header)[0]!, {
    ...{ ...EXPECTED, uri: "rtsp://pi/cam", count: 1, clientNonce: "c" },
    ...differing,
  });
}

const CHALLENGE = 'Digest realm="camagent", nonce="0123"';

for (
  const [what, header, verdict] of [
    ["nothing", undefined, "missing"],
    ["an empty header", "", "missing"],
    ["a token", "Bearer abc", "missing"],
    ["a digest", shown(CHALLENGE), "right"],
    ["a digest in capitals", shown(CHALLENGE).toUpperCase(), "wrong"],
    ["a digest of SHA-256", shown(`${CHALLENGE}, algorithm=SHA-256`), "wrong"],
    ["a digest with qop", shown(`${CHALLENGE}, qop="auth"`), "wrong"],
    ["another password", shown(CHALLENGE, { password: "x" }), "wrong"],
    ["another user", shown(CHALLENGE, { username: "x" }), "wrong"],
    ["a digest for another method", shown(CHALLENGE, { method: "X" }), "wrong"],
    ["another realm", shown('Digest realm="x", nonce="0123"'), "wrong"],
    [
      "a digest of before",
      shown('Digest realm="camagent", nonce="old"'),
      "stale",
    ],
    [
      "a wrong digest of before",
      shown('Digest realm="camagent", nonce="old"', { password: "x" }),
      "wrong",
    ],
    ["a digest without anything", "Digest ", "wrong"],
    ["a digest of nothing", 'Digest username="", response=""', "wrong"],
    ["an endless header", `Digest ${"a=b, ".repeat(10_000)}`, "wrong"],
    ["the password as it is", shown('Basic realm="camagent"'), "right"],
    ["nothing as it is", "Basic ", "wrong"],
    ["half of base64", "Basic dXM6ZX", "wrong"],
    ["what is no base64", "Basic !!!", "wrong"],
    [
      "another password as it is",
      shown('Basic realm="camagent"', { password: "x" }),
      "wrong",
    ],
  ] as const
) {
  test(`checkAuthorization() says that ${what} is ${verdict}`, () => {
    assert.equal(checkAuthorization(header, EXPECTED), verdict);
  });
}
