import assert from "node:assert/strict";
import { stream } from "../../../test/contract/stream.ts";
import { Sending } from "../../../test/contract/transport_usage.ts";
import { ELSEWHERE, LOCAL } from "../../../test/fakes/tls_server.ts";
import { FakeRuntime } from "../../../test/fakes/runtime.ts";
import { test } from "../../../test/harness.ts";
import {
  answerChallenge,
  type AuthChallenge,
  readChallenges,
} from "../../../agent/media/http_auth.ts";
import { openServing, plugin, RawClient, URL } from "./fixture_test.ts";

const PASSWORD = "p@ss'word";

/** A machine with a few files. */
async function machine(): Promise<FakeRuntime> {
  const runtime = new FakeRuntime();
  const files = {
    "/password": `${PASSWORD}\r\nand a remark\n`,
    "/empty": "\n",
    "/cert": LOCAL.cert,
    "/key": LOCAL.key,
    "/other": ELSEWHERE.key,
  };
  for (const [path, text] of Object.entries(files)) {
    await runtime.replaceFile(path, [new TextEncoder().encode(text)]);
  }
  return runtime;
}

for (
  const [address, message] of Object.entries({
    "rtsp://0.0.0.0:0/cam?maxViewers=4": /stand behind a "#"/,
    "rtsp://0.0.0.0:0/%zz": /its path has a bad percent escape/,
    "rtsp://0.0.0.0:0/a/trackID=0": /its path ends as that of a part does/,
    "rtsp://0.0.0.0:0/cam#transport=udp":
      /"transport" is no option of a server/,
    "rtsp://0.0.0.0:0/cam#client=ffmpeg": /"client" is no option of a server/,
    "rtsp://0.0.0.0:0/cam#ttl=5": /"ttl" is for a group: #multicast=/,
    "rtsp://0.0.0.0:0/cam#user=me": /a user needs a password/,
    "rtsp://me@0.0.0.0:0/cam": /a user needs a password/,
    "rtsp://0.0.0.0:0/cam#passwordFile=/password": /a password needs a user/,
    "rtsp://0.0.0.0:0/cam#user=me&passwordFile=/empty": /password is empty/,
    "rtsp://0.0.0.0:0/cam#cert=/cert": /only rtsps: has a certificate/,
    "rtsps://0.0.0.0:0/cam": /it needs a certificate and its key/,
    "rtsps://0.0.0.0:0/cam#key=/key": /it needs a certificate and its key/,
    "rtsp://0.0.0.0:0/cam#multicast=10.0.0.1": /no group with an even port/,
    "rtsp://0.0.0.0:0/cam#multicast=239.1.1.1:7001": /no group with an even/,
    "rtsp://0.0.0.0:0/cam#multicast=239.1.1.1:0x10": /no group with an even/,
    "rtsp://0.0.0.0:0/cam#multicast=nonsense": /no group with an even port/,
    "rtsps://0.0.0.0:0/cam#cert=/cert&key=/key&multicast=239.1.1.1":
      /would not be encrypted/,
  })
) {
  test(`the server does not serve ${address}`, async () => {
    const runtime = await machine();
    const { done } = new Sending(plugin, {
      address,
      runtime,
      watch: () => Promise.reject(new Error("Nobody can watch")),
    });
    await assert.rejects(done, { name: "ConfigError", message, exitCode: 64 });
    assert.deepEqual(runtime.open, []);
  });
}

async function openLocked(address = "#user=me&passwordFile=/password") {
  const serving = openServing(
    `rtsp://0.0.0.0:0/cam${address}`,
    await machine(),
  );
  serving.sending.hub.push(stream()[0]!);
  return { ...serving, client: await serving.client() };
}

/** Asks with what a client shows that knows the password, or another. */
async function sign(
  client: RawClient,
  challenge: AuthChallenge,
  password = PASSWORD,
) {
  const answer = answerChallenge(challenge, {
    ...{ username: "me", password, method: "DESCRIBE", uri: URL },
    ...{ count: 1, clientNonce: "c" },
  });
  return await client.ask("DESCRIBE", { "Authorization": answer });
}

for (const scheme of ["digest", "basic"] as const) {
  test(`the server asks for a password, and takes ${scheme}`, async () => {
    const { sending, client } = await openLocked();
    await using _ = sending;
    assert.equal((await client.ask("OPTIONS")).status, 200);
    const { status, headers } = await client.ask("DESCRIBE");
    assert.equal(status, 401);
    const challenges = headers.get("www-authenticate")!.map((it) =>
      readChallenges(it)[0]!
    );
    assert.deepEqual(challenges.map((it) => it.scheme), ["digest", "basic"]);
    const challenge = challenges.find((it) => it.scheme === scheme)!;
    assert.equal((await sign(client, challenge!)).status, 200);
    assert.deepEqual(sending.log, [], "everybody is asked first");
    for (const method of ["SETUP", "PLAY", "PAUSE"]) {
      const answer = await client.ask(method);
      assert.equal(answer.status, 401, `${method} without a password`);
    }
  });
}

test("the server lets guesses wait, and says that they are wrong", async () => {
  const { runtime, sending, client } = await openLocked();
  await using _ = sending;
  const [challenge] = readChallenges('Basic realm="camagent"');
  const answering = sign(client, challenge!, "guessed");
  await runtime.advance(900);
  client.take();
  assert.equal(client.peer.received.length, 0);
  await runtime.advance(200);
  assert.equal((await answering).status, 401);
  assert.match(sending.log.at(-1)!, /DESCRIBE: wrong user or password$/);
  assert.ok(!sending.log.join().includes("guessed"));
});

test("the server lets guesses of one address wait for each other", async () => {
  const { runtime, sending, client } = await openLocked();
  await using _ = sending;
  const port = (await sending.port())!;
  const from = "192.168.1.9";
  const [basic] = readChallenges('Basic realm="camagent"');
  const known = await RawClient.connect(runtime, port, from);
  assert.equal((await sign(known, basic!)).status, 200);
  const guess = btoa("me:guessed");
  const guessers: RawClient[] = [];
  for (let i = 0; i < 5; i++) {
    const guesser = await RawClient.connect(runtime, port, from);
    guessers.push(guesser);
    // What anybody may ask is no reason to count anew.
    await guesser.send(
      `OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\nDESCRIBE ${URL} RTSP/1.0\r\n` +
        `CSeq: 2\r\nAuthorization: Basic ${guess}\r\n\r\n`,
    );
  }
  const answered = () =>
    guessers.filter(({ peer }) =>
      new TextDecoder().decode(peer.received).includes(" 401 ")
    ).length;
  const counts: number[] = [];
  for (let second = 0; second < 5; second++) {
    await runtime.advance(1000);
    counts.push(answered());
  }
  assert.deepEqual(counts, [1, 2, 3, 4, 5]);
  await guessers[0]!.send(
    `DESCRIBE ${URL} RTSP/1.0\r\nCSeq: 3\r\n` +
      `Authorization: Basic ${guess}\r\n\r\n`,
  );
  await runtime.turn();
  assert.equal(
    (await sign(known, basic!)).status,
    200,
    "it has shown it before",
  );
  assert.equal((await sign(client, basic!)).status, 200, "it is somebody else");
});

test("the server tells a challenge of before from a wrong password", async () => {
  const { sending, client } = await openLocked();
  await using _ = sending;
  const [old] = readChallenges('Digest realm="camagent", nonce="old"');
  const { status, headers } = await sign(client, old!);
  assert.equal(status, 401);
  assert.match(headers.get("www-authenticate")![0]!, /, stale=TRUE$/);
});

test("the server warns of a group that needs no password", async () => {
  const { sending } = await openLocked(
    "#user=me&passwordFile=/password&multicast=239.1.1.1",
  );
  await using _ = sending;
  assert.match(sending.log[0]!, /the pictures without a password/);
});

test("two streams share a port if they are served in the same way", async () => {
  const runtime = await machine();
  const serve = (address: string) =>
    new Sending(plugin, {
      address,
      runtime,
      watch: () => Promise.reject(new Error("Nobody watches")),
    });
  await using first = serve("rtsp://0.0.0.0:7001/a");
  await first.port();
  const second = serve("rtsp://0.0.0.0:7001/b");
  await second.port();
  await second.abort();
  for (
    const [address, message] of [
      ["rtsp://0.0.0.0:7001/c#sendBuffer=8192", /"sendBuffer" is 16384 of/],
      ["rtsps://0.0.0.0:7001/c#cert=/cert&key=/key", /with another host or/],
    ] as const
  ) {
    const { done } = serve(address);
    await assert.rejects(done, { name: "ConfigError", message, exitCode: 64 });
  }
});

test("the server takes a password from its address, and warns of it", async () => {
  const runtime = await machine();
  const serving = openServing("rtsp://me:p%40ss'word@0.0.0.0:0/cam", runtime);
  await using _ = serving.sending;
  serving.sending.hub.push(stream()[0]!);
  const client = await serving.client();
  const [challenge] = readChallenges('Basic realm="camagent"');
  assert.equal((await sign(client, challenge!)).status, 200);
  assert.match(serving.sending.log[0]!, /a file is better/);
  assert.ok(!serving.sending.log.join().includes(PASSWORD));
});
