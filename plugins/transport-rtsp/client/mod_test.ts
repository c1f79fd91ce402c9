import assert from "node:assert/strict";
import {
  parseRtcp,
  RtpH264Packetizer,
  us,
  writeRtcp,
} from "../../../agent/media/mod.ts";
import { untilTrue } from "../../../test/contract/suite.ts";
import { FakeRuntime } from "../../../test/fakes/runtime.ts";
import { test } from "../../../test/harness.ts";
import { writePackets, writeRtsp } from "../message.ts";
import {
  during,
  FakeServer,
  open,
  type Reply,
  type Script,
  SDP,
} from "./fixture_test.ts";

test("the client asks, plays, and says that it leaves", async () => {
  const { server, ...opened } = open();
  {
    await using receiving = await opened.ingest();
    await server.show(3);
    assert.equal(receiving.units.length, 4);
    assert.ok(receiving.units.every(({ damaged }) => !damaged));
    const { ingest } = receiving;
    assert.equal(ingest.peer, `127.0.0.1:${server.port}`);
    assert.equal(ingest.lossy ?? false, false);
    const { lost, reordered, dropped } = ingest.packets!();
    assert.deepEqual([lost, reordered, dropped], [0, 0, 0]);
  }
  const url = `rtsp://127.0.0.1:${server.port}/cam`;
  assert.deepEqual(
    server.requests.map(({ method, url }) => [method, url]),
    [
      ["OPTIONS", url],
      ["DESCRIBE", url],
      ["SETUP", `${url}/track1`],
      ["PLAY", url],
      ["TEARDOWN", url],
    ],
  );
  const [, , , play] = server.requests;
  assert.deepEqual(play!.headers.get("session"), ["abc"]);
});

test("the client takes datagrams from the server alone", async () => {
  const { server, runtime, ...opened } = open(undefined, {
    options: "#transport=udp",
  });
  await using receiving = await opened.ingest();
  const at = server.clientPort!;
  assert.equal(at % 2, 0);
  const spoofed = server.packets();
  for (
    const from of [
      { host: "192.0.2.66", port: 9000 },
      { host: "127.0.0.1", port: 9002 },
    ]
  ) {
    for (const packet of spoofed) runtime.udp.deliver(packet, at, from);
  }
  await runtime.turn();
  assert.equal(receiving.units.length, 1);
  assert.equal(receiving.ingest.packets!().dropped, 2 * spoofed.length);
  for (const packet of spoofed) {
    runtime.udp.deliver(packet, at, { host: "127.0.0.1", port: 9000 });
  }
  await runtime.turn();
  assert.equal(receiving.units.length, 2);
  assert.deepEqual(
    runtime.udp.sent.slice(0, 2).map(({ host, port, from }) => [
      ...[host, port, from],
    ]),
    [["127.0.0.1", 9000, at], ["127.0.0.1", 9001, at + 1]],
    "it opens the way back",
  );
});

for (const source of ["0.0.0.0", "::", "a.name", "127.0.0.1"]) {
  test(`the client takes datagrams of a server that calls itself ${source}`, async () => {
    const script: Script = ({ method, headers }, server) => {
      if (method !== "SETUP") return undefined;
      const [wanted = ""] = headers.get("transport") ?? [];
      server.clientPort = Number(/client_port=(\d+)/.exec(wanted)![1]);
      const chosen = `${wanted};server_port=9000-9001;source=${source}`;
      return { headers: { "Session": "abc", "Transport": chosen } };
    };
    const opened = open(script, { options: "#transport=udp" });
    await using receiving = await opened.ingest();
    assert.equal(receiving.ingest.packets!().dropped, 0);
  });
}

test("the client takes datagrams where the connection is refused", async () => {
  const script: Script = ({ method, headers }) =>
    method === "SETUP" && headers.get("transport")![0]!.includes("TCP")
      ? { status: "461 Unsupported Transport" }
      : undefined;
  const { log, ...opened } = open(script);
  await using _ = await opened.ingest();
  assert.equal(log.at(-1), "receives over udp");
});

for (
  const [what, reply] of Object.entries<Reply | "silent" | "closes">({
    "refused with 400": { status: "400 Bad Request" },
    "refused with 551": { status: "551 Option not supported" },
    "not answered": "silent",
    "cut off": "closes",
  })
) {
  test(`the client takes datagrams within 3 s where the connection is ${what}`, async () => {
    const { runtime, log, ...opened } = open(({ method, headers }, server) => {
      const [wanted = ""] = headers.get("transport") ?? [];
      if (method !== "SETUP" || !wanted.includes("TCP")) return undefined;
      if (reply !== "closes") return reply;
      server.peers.at(-1)!.leave();
      return "silent";
    });
    const before = runtime.now();
    await using _ = await opened.ingest();
    const took = runtime.now() - before;
    assert.ok(took <= 3300, `${took} ms`);
    assert.match(log[0]!, /; asks for another way$/);
    assert.equal(log.at(-1), "receives over udp");
  });
}

for (const status of [403, 404, 453, 454]) {
  test(`the client does not ask in another way after ${status}`, async () => {
    const { server, ...opened } = open(({ method }) =>
      method === "SETUP" ? { status: `${status} No` } : undefined
    );
    const error = await opened.failure();
    const asked = server.requests.filter(({ method }) => method === "SETUP");
    assert.equal(asked.length, 1);
    assert.match(error.message, new RegExp(`answers SETUP with ${status} No$`));
  });
}

test("the client takes datagrams within 3 s where no picture comes", async () => {
  const { runtime, log, ...opened } = open(
    ({ method, headers }, server) => {
      if (method === "PLAY" && server.clientPort === undefined) {
        return { status: "200 OK", headers: { "Session": "abc" } };
      }
      void headers;
      return undefined;
    },
  );
  const before = runtime.now();
  await using _ = await opened.ingest();
  const took = runtime.now() - before;
  assert.ok(took >= 2900 && took <= 3300, `${took} ms`);
  assert.deepEqual(log, ["no picture over tcp so far", "receives over udp"]);
});

test("the client puts datagrams in order, and takes each once", async () => {
  const { server, runtime, ...opened } = open(undefined, {
    options: "#transport=udp",
  });
  await using receiving = await opened.ingest();
  const at = server.clientPort!;
  const from = { host: "127.0.0.1", port: 9000 };
  const packets = Array.from({ length: 40 }, () => server.packets()).flat();
  for (let i = 0; i + 1 < packets.length; i += 2) {
    for (const packet of [packets[i + 1]!, packets[i]!, packets[i]!]) {
      runtime.udp.deliver(packet, at, from);
    }
    await runtime.advance(1);
  }
  await runtime.turn();
  // The first one that comes late shows that it is worth while to wait.
  assert.equal(receiving.units.length, 40);
  assert.ok(receiving.units.every(({ damaged }) => !damaged));
  const { lost, reordered } = receiving.ingest.packets!();
  assert.deepEqual([lost, reordered], [1, 19]);
});

test("the client goes on while others send ten thousand datagrams", async () => {
  const { server, runtime, ...opened } = open(undefined, {
    options: "#transport=udp",
  });
  await using receiving = await opened.ingest();
  const at = server.clientPort!;
  const sent = runtime.udp.sent.length;
  const garbage = new Uint8Array(1400).fill(0x80);
  for (let i = 0; i < 100; i++) {
    for (let k = 0; k < 100; k++) {
      runtime.udp.deliver(garbage, at, { host: "192.0.2.66", port: 9000 });
    }
    await server.show();
  }
  assert.equal(receiving.units.length, 101);
  assert.ok(receiving.units.every(({ damaged }) => !damaged));
  assert.equal(receiving.ingest.packets!().dropped, 10_000);
  assert.equal(runtime.udp.sent.length, sent, "nobody is answered");
});

test("the client goes on with a sender that begins anew", async () => {
  const { server, ...opened } = open();
  await using receiving = await opened.ingest();
  const packetizer = new RtpH264Packetizer({
    ...{ ssrc: 8, sequence: 1, timestamp: 5 },
  });
  await opened.runtime.advance(600);
  const { data } = receiving.units[0]!;
  for (let i = 0; i < 3; i++) {
    const packets = packetizer.packetize({ data, pts: us(i * 33_333) });
    await server.peers[0]!.send(writePackets(0, packets));
    await opened.runtime.turn();
  }
  const after = receiving.units.slice(1);
  assert.ok(after.length >= 2 && after.every(({ damaged }) => !damaged));
  assert.equal(after[0]!.restart, true);
});

test("the client maps the sender's clock", async () => {
  const { server, runtime, ...opened } = open();
  await using receiving = await opened.ingest();
  const realtime = us(runtime.wallClock() - 250_000);
  const report = writeRtcp({
    ...{ ssrc: 7, packets: 1, octets: 1, cname: "x", realtime },
    timestamp: 1000 + 3000,
  });
  await server.peers[0]!.send(writePackets(1, [report]));
  await server.show();
  const { capturedAt } = receiving.units.at(-1)!;
  assert.ok(Math.abs(runtime.now() - capturedAt! - 250) < 1, `${capturedAt}`);
});

test("the client ends when the server says goodbye", async () => {
  const { server, runtime, ...opened } = open();
  await using receiving = await opened.ingest();
  await server.peers[0]!.send(writePackets(1, [writeRtcp({
    ...{ ssrc: 7, packets: 1, octets: 1, cname: "x", goodbye: true },
    ...{ realtime: us(1e15), timestamp: 1 },
  })]));
  await during(runtime, receiving.read);
});

test("the client tells the server what has come, and that it is there", async () => {
  const { server, runtime, ...opened } = open(({ method }) =>
    method === "SETUP"
      ? {
        headers: {
          "Session": "abc ; timeout=20",
          "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1",
        },
      }
      : undefined
  );
  await using _ = await opened.ingest();
  await runtime.advance(5100);
  const [report] = server.reports;
  assert.deepEqual([report![1], report!.length > 32], [201, true]);
  assert.equal(new DataView(report!.buffer).getUint32(8), 7, "of whom");
  assert.deepEqual(parseRtcp(report!).goodbyes, []);
  await runtime.advance(5000);
  const alive = server.requests.filter((it) => it.method === "GET_PARAMETER");
  assert.equal(alive.length, 1, "half of the timeout");
});

test("the client keeps a session with OPTIONS where there is nothing better", async () => {
  const { server, runtime, ...opened } = open(({ method }) =>
    method === "OPTIONS" ? { headers: { "Public": "DESCRIBE" } } : undefined
  );
  await using _ = await opened.ingest();
  await runtime.advance(30_100);
  const last = server.requests.at(-1)!;
  assert.equal(last.method, "OPTIONS");
  assert.deepEqual(last.headers.get("session"), ["abc"]);
});

test("the client keeps a session though its challenge has grown old", async () => {
  let nonce = 1;
  const script: Script = ({ method, headers }) => {
    const [shown = ""] = headers.get("authorization") ?? [];
    if (method === "OPTIONS" || shown.includes(`nonce="${nonce}"`)) {
      return undefined;
    }
    return {
      status: "401 Unauthorized",
      headers: { "WWW-Authenticate": `Digest realm="r", nonce="${nonce}"` },
    };
  };
  const { server, runtime, ...opened } = open(script, { user: "me:pw@" });
  await using _ = await opened.ingest();
  nonce = 2;
  await runtime.advance(30_100);
  const asked = () =>
    server.requests.filter((it) => it.method === "GET_PARAMETER");
  await untilTrue(runtime, "second one", () => asked().length === 2);
  const alive = asked();
  assert.deepEqual(
    alive.map(({ headers }) =>
      /nonce="(\d)"/.exec(headers.get("authorization")![0]!)![1]
    ),
    ["1", "2"],
  );
});

test("the client begins anew when its session is gone", async () => {
  const { runtime, ...opened } = open(({ method }) =>
    method === "GET_PARAMETER" ? { status: "454 Session Not Found" } : undefined
  );
  await using receiving = await opened.ingest();
  const failing = receiving.read.then(() => undefined, (error) => error);
  const error = await during(runtime, failing, 40_000);
  assert.equal(error.failure, "lost");
  assert.match(error.message, /has ended the session \(454\)/);
});

test("the client goes on though nobody answers that it is there", async () => {
  const { server, runtime, ...opened } = open(({ method }) =>
    method === "GET_PARAMETER" ? "silent" : undefined
  );
  await using receiving = await opened.ingest();
  await runtime.advance(100_000);
  await server.show();
  assert.equal(receiving.units.length, 2);
});

test("the client answers what a server asks", async () => {
  const { server, runtime, ...opened } = open();
  await using receiving = await opened.ingest();
  const [peer] = server.peers;
  for (const method of ["OPTIONS", "REDIRECT"]) {
    const before = peer!.received.length;
    const start = `${method} rtsp://x RTSP/1.0`;
    await peer!.send(writeRtsp({ start, headers: { "CSeq": 77 } }));
    await runtime.turn();
    const answer = new TextDecoder().decode(peer!.received.subarray(before));
    assert.match(answer, method === "OPTIONS" ? /^RTSP\/1.0 200 / : / 501 /);
    assert.match(answer, /^CSeq: 77\r$/m);
  }
  await server.show();
  assert.equal(receiving.units.length, 2);
});

test("the client says that the connection broke", async () => {
  const { server, runtime, ...opened } = open();
  await using receiving = await opened.ingest();
  server.peers[0]!.reset();
  const failing = receiving.read.then(() => undefined, (error) => error);
  assert.equal((await during(runtime, failing)).failure, "lost");
});

test("the client ends when it is aborted, in good order", async () => {
  const { server, controller, runtime, ...opened } = open();
  const receiving = await opened.ingest();
  controller.abort();
  const failing = receiving.read.then(() => undefined, (error) => error);
  assert.equal(await during(runtime, failing), controller.signal.reason);
  await receiving[Symbol.asyncDispose]();
  assert.equal(server.requests.at(-1)!.method, "TEARDOWN");
});

/** What makes it fail, how, and after how long at the most. */
const FAILURES: Record<string, [script: Script, message: RegExp, ms: number]> =
  {
    ...Object.fromEntries(
      ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"].map((silent) => [
        `a server that is silent at ${silent}`,
        [
          ({ method }) => method === silent ? "silent" : undefined,
          /does not answer$/,
          // Of these two datagrams are asked for as well, after 3 s.
          ["SETUP", "PLAY"].includes(silent) ? 7600 : 4600,
        ],
      ]),
    ),
    "a stream that is not there": [
      ({ method }) =>
        method === "DESCRIBE" ? { status: "404 Not Found" } : undefined,
      /has no such stream \(404\)$/,
      100,
    ],
    "a server that is forbidden": [
      ({ method }) =>
        method === "DESCRIBE" ? { status: "403 Forbidden" } : undefined,
      /answers DESCRIBE with 403 Forbidden$/,
      100,
    ],
    "a server that is overloaded": [
      ({ method }) =>
        method === "SETUP" ? { status: "503 Unavailable" } : undefined,
      /answers SETUP with 503 Unavailable$/,
      100,
    ],
    "a server without a session": [
      ({ method }) =>
        method === "SETUP"
          ? { headers: { "Transport": "RTP/AVP/TCP;interleaved=0-1" } }
          : undefined,
      /opens no session$/,
      100,
    ],
    "a server of no way of ours": [
      ({ method }) =>
        method === "SETUP"
          ? { headers: { "Session": "1", "Transport": "RTP/SAVP" } }
          : undefined,
      /sends in another way$/,
      100,
    ],
    "sound alone": [
      ({ method }) =>
        method === "DESCRIBE"
          ? { body: SDP.replace("m=video", "m=audio") }
          : undefined,
      /offers no video$/,
      100,
    ],
    "what is no description": [
      ({ method }) => method === "DESCRIBE" ? { body: "" } : undefined,
      /offers no video$/,
      100,
    ],
    "a server that leads in a circle": [
      ({ method }, { port }) =>
        method === "DESCRIBE"
          ? {
            status: "302 Found",
            headers: { "Location": `rtsp://127.0.0.1:${port}/x` },
          }
          : undefined,
      /leads from server to server$/,
      100,
    ],
    "a server that leads to the web": [
      ({ method }) =>
        method === "DESCRIBE"
          ? { status: "301 Moved", headers: { "Location": "http://x/" } }
          : undefined,
      /leads to where it is not to be followed$/,
      100,
    ],
    "a server that leads to no port": [
      ({ method }) =>
        method === "DESCRIBE"
          ? { status: "301 Moved", headers: { "Location": "rtsp://x:99999/" } }
          : undefined,
      /leads to where it is not to be followed$/,
      100,
    ],
    "a server that leads nowhere": [
      ({ method }) =>
        method === "DESCRIBE" ? { status: "301 Moved" } : undefined,
      /answers DESCRIBE with 301 Moved$/,
      100,
    ],
  };

for (const [what, [script, message, ms]] of Object.entries(FAILURES)) {
  test(`the client names ${what}`, async () => {
    const { runtime, ...opened } = open(script);
    const before = runtime.now();
    const error = await opened.failure();
    assert.equal(error.name, "StreamError");
    assert.match(error.message, message);
    assert.ok(runtime.now() - before <= ms, `${runtime.now() - before} ms`);
  });
}

/** Lets pass who shows something for the latest challenge. */
function locked(challenges: readonly string[], accepts: RegExp): Script {
  return ({ method, headers }) => {
    if (method === "OPTIONS") return undefined;
    const [shown = ""] = headers.get("authorization") ?? [];
    return accepts.test(shown) ? undefined : {
      status: "401 Unauthorized",
      further: challenges.map((it) => ["WWW-Authenticate", it]),
    };
  };
}

const DIGEST = 'Digest realm="r", nonce="n"';

for (
  const [what, challenges, accepts] of [
    ["Basic", ['Basic realm="r"'], /^Basic bWU6cHc=$/],
    ["MD5", [DIGEST], /response="[\da-f]{32}"$/],
    ["SHA-256", [`${DIGEST}, algorithm=SHA-256`], /response="[\da-f]{64}"/],
    [
      "the better of two",
      ['Basic realm="r"', DIGEST],
      /^Digest .*response="[\da-f]{32}"$/,
    ],
    [
      "the best of three",
      [DIGEST, 'Basic realm="r"', `${DIGEST}, algorithm=SHA-256, qop="auth"`],
      /response="[\da-f]{64}".*qop=auth/,
    ],
  ] as const
) {
  test(`the client shows its password by ${what}`, async () => {
    const script = locked(challenges, accepts);
    const { server, ...opened } = open(script, { user: "me:pw@" });
    await using _ = await opened.ingest();
    const shown = server.requests.filter((it) =>
      it.headers.has("authorization")
    );
    assert.deepEqual(shown.map(({ method }) => method), [
      "DESCRIBE",
      "SETUP",
      "PLAY",
    ]);
  });
}

test("the client answers a stale challenge once more", async () => {
  let asked = 0;
  const script: Script = ({ method, headers }) => {
    const [shown = ""] = headers.get("authorization") ?? [];
    if (method !== "DESCRIBE" || shown.includes('nonce="2"')) return undefined;
    const stale = ++asked > 1 ? ", stale=true" : "";
    return {
      status: "401 Unauthorized",
      headers: {
        "WWW-Authenticate": `Digest realm="r", nonce="${asked}"${stale}`,
      },
    };
  };
  const opened = open(script, { user: "me:pw@" });
  await using _ = await opened.ingest();
});

for (
  const [what, user, challenge, message] of [
    ["a wrong password", "me:pw@", DIGEST, /another user or password$/],
    ["no password", "", DIGEST, /a user and a password \(rtsp:.*\)$/],
    [
      "a challenge that nobody can answer",
      "me:pw@",
      "Negotiate",
      /in a way that is unknown: "Negotiate"$/,
    ],
    [
      "a password that is wrong as it is",
      "me:pw@",
      'Basic realm="r"',
      /another user or password$/,
    ],
  ] as const
) {
  test(`the client gives up with ${what}`, async () => {
    const script = locked([challenge], /^never$/);
    const { server, ...opened } = open(script, { user });
    const error = await opened.failure();
    assert.equal(error.name, "ConfigError");
    assert.match(error.message, message);
    assert.ok(!error.message.includes("pw@"));
    const tries = server.requests.filter((it) => it.method === "DESCRIBE");
    assert.ok(tries.length <= 3, `${tries.length}`);
  });
}

test("the client gives up though each challenge is stale", async () => {
  let nonce = 0;
  const script: Script = ({ method }) =>
    method === "DESCRIBE"
      ? {
        status: "401 Unauthorized",
        headers: {
          "WWW-Authenticate":
            `Digest realm="r", nonce="${++nonce}", stale=true`,
        },
      }
      : undefined;
  const { server, ...opened } = open(script, { user: "me:pw@" });
  assert.equal((await opened.failure()).name, "ConfigError");
  assert.ok(server.requests.length <= 4);
});

test("the client follows a server, and shows no other one its password", async () => {
  const runtime = new FakeRuntime();
  const other = new FakeServer(runtime);
  const script: Script = ({ method, headers }) => {
    if (method !== "DESCRIBE") return undefined;
    return headers.has("authorization")
      ? {
        status: "302 Found",
        headers: { "Location": `rtsp://127.0.0.1:${other.port}/there?a=b` },
      }
      : {
        status: "401 Unauthorized",
        headers: { "WWW-Authenticate": 'Basic realm="r"' },
      };
  };
  const opened = open(script, { user: "me:pw@", runtime });
  await using _ = await opened.ingest();
  const described = other.requests.find((it) => it.method === "DESCRIBE")!;
  assert.equal(described.url, `rtsp://127.0.0.1:${other.port}/there?a=b`);
  assert.ok(!other.requests.some((it) => it.headers.has("authorization")));
});

test("the client follows nobody from TLS to where there is none", async () => {
  const script: Script = ({ method }, { port }) =>
    method === "DESCRIBE"
      ? {
        status: "302 Found",
        headers: { "Location": `rtsp://127.0.0.1:${port}/cam` },
      }
      : undefined;
  const { server, ...opened } = open(script, { scheme: "rtsps" });
  const { message } = await opened.failure();
  assert.match(message, /leads to where it is not to be followed$/);
  assert.equal(server.peers.length, 1);
});

test("the client leaves to FFmpeg what it does not know, and says so", async () => {
  const runtime = new FakeRuntime();
  const { log, ...opened } = open(
    ({ method }) =>
      method === "DESCRIBE"
        ? { body: SDP.replace("H264", "MP4V-ES") }
        : undefined,
    { runtime },
  );
  const error = await opened.failure();
  assert.match(error.message, /ffmpeg/, "there is none on this machine");
  assert.match(log[0]!, /^FFmpeg receives it: .*MP4V-ES/);
});

test("the client leaves everything to FFmpeg where it is told to", async () => {
  const { server, ...opened } = open(undefined, {
    options: "#client=ffmpeg",
  });
  assert.match((await opened.failure()).message, /ffmpeg/);
  assert.deepEqual(server.requests, []);
});
