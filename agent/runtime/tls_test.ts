import assert from "node:assert/strict";
import { MuteListener } from "../../test/faults/mute_socket.ts";
import { within } from "../../test/faults/deadline.ts";
import {
  ELSEWHERE,
  FINGERPRINT,
  type Identity,
  LOCAL,
  TlsServer,
} from "../../test/fakes/tls_server.ts";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import type { TlsOptions } from "../plugin/runtime.ts";
import { dialTcp, listenTcp } from "./tcp.ts";

const DEADLINE_MS = 5000;

const bytes = (text: string) => new TextEncoder().encode(text);

/** A server that sends back what it is sent. */
async function echo(identity: Identity) {
  const listener = await listenTcp({ host: "127.0.0.1", port: 0 });
  const answering = (async () => {
    for await (const connection of listener.connections) {
      await using _ = connection;
      for await (const chunk of connection.chunks) {
        await connection.write(chunk.slice());
      }
    }
  })();
  const server = await TlsServer.listen(identity, listener.port);
  return {
    port: server.port,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
      await answering;
    },
  };
}

function dial(port: number, tls: TlsOptions, timeout = DEADLINE_MS) {
  const { signal } = new AbortController();
  const host = "127.0.0.1";
  return dialTcp({ host, port, signal, timeout: ms(timeout), tls });
}

const TRUSTED: [string, Identity, TlsOptions][] = [
  ["its authority", LOCAL, { ca: LOCAL.cert }],
  ["its fingerprint", LOCAL, { fingerprint: FINGERPRINT }],
  ["its fingerprint without colons", LOCAL, {
    fingerprint: FINGERPRINT.replaceAll(":", "").toLowerCase(),
  }],
];

for (const [what, identity, tls] of TRUSTED) {
  test(`dialTcp trusts a server by ${what}, and talks to it`, async () => {
    await using server = await echo(identity);
    await using connection = await dial(server.port, tls);
    assert.equal(connection.peer, `127.0.0.1:${server.port}`);
    await connection.write(bytes("hello"));
    const next = connection.chunks[Symbol.asyncIterator]().next();
    const { value } = await within(DEADLINE_MS, "answer", next);
    assert.equal(new TextDecoder().decode(value), "hello");
  });
}

const REFUSED: [string, Identity, TlsOptions, RegExp][] = [
  ["that nobody knows", LOCAL, {}, /: its certificate is not trusted: self/],
  [
    "with the certificate of another one",
    ELSEWHERE,
    { ca: ELSEWHERE.cert },
    /: its certificate is not trusted: .*altnames/,
  ],
  [
    "that another authority vouches for",
    LOCAL,
    { ca: ELSEWHERE.cert },
    /: its certificate is not trusted: /,
  ],
  [
    "with another fingerprint",
    ELSEWHERE,
    { fingerprint: FINGERPRINT },
    /: its certificate has the fingerprint [0-9A-F]{2}(:[0-9A-F]{2}){31}$/,
  ],
];

for (const [what, identity, tls, message] of REFUSED) {
  test(`dialTcp refuses a server ${what}`, async () => {
    await using server = await echo(identity);
    await assert.rejects(dial(server.port, tls), {
      name: "StreamError",
      failure: "refused",
      message,
    });
  });
}

test("dialTcp refuses a server that says nothing of a certificate", async () => {
  using mute = new MuteListener();
  await assert.rejects(dial(mute.port, {}, 50), {
    message: /no answer within 50 ms$/,
  });
});

test("dialTcp refuses a server that does not encrypt", async () => {
  await using listener = await listenTcp({ host: "127.0.0.1", port: 0 });
  const talking = (async () => {
    for await (const connection of listener.connections) {
      await connection.write(bytes("RTSP/1.0 400 Bad Request\r\n\r\n"));
    }
  })();
  await assert.rejects(dial(listener.port, {}), { failure: "refused" });
  await listener[Symbol.asyncDispose]();
  await talking;
});

test("listenTcp encrypts, and proves who it is", async () => {
  await using listener = await listenTcp({
    ...{ host: "127.0.0.1", port: 0, sendBuffer: 16_384, tls: LOCAL },
  });
  const answering = (async () => {
    for await (const connection of listener.connections) {
      await using _ = connection;
      for await (const chunk of connection.chunks) {
        await connection.write(chunk.slice());
        break;
      }
      break;
    }
  })();
  await using plain = await dialTcp({
    ...{ host: "127.0.0.1", port: listener.port, timeout: ms(DEADLINE_MS) },
    signal: new AbortController().signal,
  });
  await plain.write(bytes("OPTIONS * RTSP/1.0\r\n\r\n"));
  await using connection = await dial(listener.port, { ca: LOCAL.cert });
  await connection.write(bytes("hello"));
  for await (const chunk of connection.chunks) {
    assert.equal(new TextDecoder().decode(chunk), "hello");
    break;
  }
  await answering;
});

for (
  const [what, tls, why] of [
    ["no certificate", { ...LOCAL, cert: "cert" }, /it is none in PEM$/],
    ["no key", { ...LOCAL, key: "key" }, /its key is none in PEM, or has/],
    ["another key", { ...LOCAL, key: ELSEWHERE.key }, /its key is another$/],
  ] as const
) {
  test(`listenTcp refuses to prove anything with ${what}`, async () => {
    const listening = listenTcp({ host: "127.0.0.1", port: 0, tls });
    await assert.rejects(listening, { name: "ConfigError", message: why });
  });
}
