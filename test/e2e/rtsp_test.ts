import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import {
  ELSEWHERE,
  FINGERPRINT,
  type Identity,
  LOCAL,
  TlsServer,
} from "../fakes/tls_server.ts";
import { until, within } from "../faults/deadline.ts";
import { type Behaviour, FakeRtspServer } from "./rtsp_server.ts";

/** How soon a server's state is told: 5 s, and the start of the agent. */
const NAMED_MS = 8000;

const SECRET = "s3cr3t";

const STATES: Partial<Record<Behaviour, RegExp>> = {
  silent: /does not answer/,
  closes: /has closed the connection/,
  missing: /has no such stream \(404\)/,
  empty: /sent no picture within/,
};

for (const [behaviour, message] of Object.entries(STATES)) {
  test(`camagent recv rtsp: names a server that is "${behaviour}", and asks again`, async () => {
    await using server = await FakeRtspServer.listen(behaviour as Behaviour);
    const address = `rtsp://me:${SECRET}@127.0.0.1:${server.port}/cam`;
    await using receiver = Agent.recv(`${address}#transport=tcp`, "-");
    receiver.stdout.resume();
    await receiver.logs(message, NAMED_MS);
    const before = server.connections;
    await receiver.says(() => server.connections > before, NAMED_MS);
    receiver.kill("SIGTERM");
    assert.deepEqual(await within(2000, "end", receiver.exit), {
      code: 0,
      signal: null,
    });
    assert.ok(!receiver.log.join("\n").includes(SECRET));
  });
}

test("camagent recv rtsp: tries datagrams where no picture comes in the connection", async () => {
  await using server = await FakeRtspServer.listen("empty");
  const address = `rtsp://127.0.0.1:${server.port}/cam`;
  await using receiver = Agent.recv(address, "-");
  receiver.stdout.resume();
  await receiver.logs(/no picture over tcp so far/, NAMED_MS);
  await receiver.logs(/no picture over udp so far/, NAMED_MS);
});

test("camagent recv rtsp: asks again where pictures stop, whatever is answered", async () => {
  await using server = await FakeRtspServer.listen("stalls");
  const address = `rtsp://127.0.0.1:${server.port}/cam#transport=tcp`;
  await using receiver = Agent.recv(address, "-");
  receiver.stdout.resume();
  await receiver.logs(/receives over tcp/, NAMED_MS);
  await receiver.says(
    ({ input }) => input.supervisor.restarts > 1,
    NAMED_MS,
  );
  await receiver.logs(/Nothing arrived for 2.0 s/, NAMED_MS);
});

test("camagent recv rtsp: ends where a password is wanted", async () => {
  await using server = await FakeRtspServer.listen("locked");
  const address = `rtsp://me:${SECRET}@127.0.0.1:${server.port}/cam`;
  await using receiver = Agent.recv(address, "-");
  const { code } = await within(NAMED_MS, "end", receiver.exit);
  assert.equal(code, 64);
  const log = receiver.log.join("\n");
  assert.match(log, /it wants another user or password/);
  assert.ok(!log.includes(SECRET));
});

test("camagent send rtsp: tells a server that it publishes no more", async () => {
  await using server = await FakeRtspServer.listen("empty");
  const address = `rtsp://127.0.0.1:${server.port}/cam?mode=publish`;
  await using sender = Agent.send("test:", address);
  await sender.says(({ outputs: [output] }) => output!.sent > 10, NAMED_MS);
  sender.kill("SIGTERM");
  assert.equal((await within(2000, "end", sender.exit)).code, 0);
  await until(2000, "TEARDOWN", () => server.heard.includes("TEARDOWN rtsp:"));
  // RTCP's goodbye, of one source, stands before it (RFC 3550, section 6.6).
  const [before = ""] = server.heard.split("TEARDOWN rtsp:");
  assert.equal(before.slice(-8, -4), "\x81\xcb\0\x01");
});

test("camagent recv rtsp: lets FFmpeg follow nobody with a password", async () => {
  await using other = await FakeRtspServer.listen("locked");
  const elsewhere = `rtsp://127.0.0.1:${other.port}/x`;
  await using server = await FakeRtspServer.listen("leads", elsewhere);
  const address = `rtsp://me:${SECRET}@127.0.0.1:${server.port}/cam`;
  await using receiver = Agent.recv(`${address}#client=ffmpeg`, "-");
  receiver.stdout.resume();
  await receiver.logs(/leads to where FFmpeg is not to follow/, NAMED_MS);
  assert.equal(other.connections, 0);
  assert.ok(server.requests > 0);
});

test("camagent recv rtsp: tells FFmpeg no password for datagrams", async () => {
  const address = `rtsp://me:${SECRET}@127.0.0.1:9/cam`;
  await using receiver = Agent.recv(
    `${address}#client=ffmpeg&transport=udp`,
    "-",
  );
  const { code } = await within(NAMED_MS, "end", receiver.exit);
  assert.equal(code, 64);
  assert.match(receiver.log.join("\n"), /leave transport=udp out/);
});

const CERTIFICATES: Record<string, [identity: Identity, message: RegExp]> = {
  "is the right one": [LOCAL, /has no such stream \(404\)/],
  "is another one": [ELSEWHERE, /its certificate has the fingerprint/],
};

for (const [what, [identity, message]] of Object.entries(CERTIFICATES)) {
  test(`camagent recv rtsps: asks a server whose certificate ${what}, and no other`, async () => {
    await using server = await FakeRtspServer.listen("missing");
    await using tls = await TlsServer.listen(identity, server.port);
    const address = `rtsps://me:${SECRET}@127.0.0.1:${tls.port}/cam`;
    await using receiver = Agent.recv(
      `${address}#fingerprint=${FINGERPRINT}`,
      "-",
    );
    receiver.stdout.resume();
    await receiver.logs(message, NAMED_MS);
    await receiver.says(
      ({ input }) => input.supervisor.attempts > 1,
      NAMED_MS,
    );
    if (identity !== LOCAL) assert.equal(server.requests, 0);
    receiver.kill("SIGTERM");
    assert.equal((await within(2000, "end", receiver.exit)).code, 0);
    assert.ok(!receiver.log.join("\n").includes(SECRET));
  });
}

const CONTRADICTIONS: Record<string, RegExp> = {
  "rtsps://cam/x#transport=udp": /datagrams would not be encrypted/,
  "rtsp://cam/x#ca=/tmp/ca.pem": /only rtsps: has certificates/,
  "rtsps://cam/x#fingerprint=abc": /expected SHA-256 as 64 hexadecimal digits/,
  "rtsps://cam/x#ca=/nonexistent/ca.pem": /ca\.pem/,
  [`rtsps://cam/x#ca=a&fingerprint=${FINGERPRINT}`]: /one is enough/,
};

for (const [address, message] of Object.entries(CONTRADICTIONS)) {
  test(`camagent recv refuses ${address} in one line`, async () => {
    await using receiver = Agent.recv(address, "-");
    const { code } = await within(NAMED_MS, "end", receiver.exit);
    assert.ok(code === 64 || code === 66, `${code}`);
    assert.match(receiver.log.at(-1)!, message);
  });
}
