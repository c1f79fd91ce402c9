import assert from "node:assert/strict";
import { checkOptions } from "../../agent/plugin/options.ts";
import type { DialOptions, ListenOptions } from "../../agent/plugin/runtime.ts";
import { runtime as machine } from "../../agent/runtime/mod.ts";
import { declare } from "../../test/contract/declaration.ts";
import { stream, streamBytes } from "../../test/contract/stream.ts";
import {
  type RawReader,
  type RawSender,
  testTransport,
} from "../../test/contract/transport_contract.ts";
import { contextOf, Sending } from "../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import type { FakeTcpPeer } from "../../test/fakes/tcp_peer.ts";
import { test } from "../../test/harness.ts";
import * as transportTcp from "./mod.ts";

const HOST = "10.0.0.7";
const plugin = declare(transportTcp, "transport");

function rawReader(peer: FakeTcpPeer): RawReader {
  return {
    received: () => peer.received,
    ended: peer.closed,
    pause: () => peer.pause(),
    leave: () => peer.leave(),
  };
}

function rawSender(peer: FakeTcpPeer): RawSender {
  return {
    send: (data) => peer.send(data),
    end: () => peer.end(),
    reset: () => peer.reset(),
  };
}

testTransport(transportTcp, {
  send() {
    const runtime = new FakeRuntime();
    return {
      address: "tcp://0.0.0.0:0",
      runtime,
      watch: async (port) => rawReader(await runtime.network.connect(port!)),
    };
  },
  receive() {
    const runtime = new FakeRuntime();
    runtime.network.silent.add("silent");
    const { port, peers } = runtime.network.target();
    const waiting = peers[Symbol.asyncIterator]();
    return {
      address: `tcp://${HOST}:${port}`,
      runtime,
      sender: async () => rawSender((await waiting.next()).value),
      nobody: `tcp://${HOST}:9`,
      silent: "tcp://silent:5001",
    };
  },
}, [{
  reason: "who listens waits for the next viewer",
  tests: ["throws a StreamError when its only peer has left"],
}]);

testTransport(
  transportTcp,
  {
    send() {
      const runtime = new FakeRuntime();
      const { port, peers } = runtime.network.target();
      const waiting = peers[Symbol.asyncIterator]();
      return {
        address: `tcp://${HOST}:${port}?mode=dial`,
        runtime,
        dials: true,
        watch: async () => rawReader((await waiting.next()).value),
      };
    },
    receive() {
      const runtime = new FakeRuntime();
      const address = "tcp://:5001?mode=listen";
      return {
        address,
        runtime,
        sender: async () => rawSender(await runtime.network.connect(5001)),
        silent: address,
      };
    },
  },
  [{
    reason: "who dials has one viewer, and is started anew when that leaves",
    tests: [
      "sends to every viewer",
      "goes on for the others when a viewer leaves",
      "sends to the others while a viewer does not read",
    ],
  }, {
    reason: "who listens waits for the sender",
    tests: ['throws a StreamError "refused" where nobody is'],
  }],
  "transport-tcp with the sides turned round",
);

/** Sends to peers of a fake network. */
function openSending(query = "") {
  const runtime = new FakeRuntime();
  const sending = new Sending(plugin, {
    address: `tcp://0.0.0.0:0${query}`,
    runtime,
    watch: async (port) => rawReader(await runtime.network.connect(port!)),
  });
  return { runtime, sending };
}

test("transport-tcp refuses viewers beyond maxViewers", async () => {
  const { runtime, sending } = openSending("?maxViewers=2");
  await using _ = sending;
  const first = await sending.watch();
  await sending.watch();
  const port = await sending.port();
  const third = await runtime.network.connect(port!, HOST);
  assert.equal(await third.closed, "ended");
  assert.equal(sending.hub.size, 2);
  assert.match(
    sending.log.at(-1)!,
    /^refused 10\.0\.0\.7:\d+: 2 viewers are connected already \(\?maxViewers=\)$/,
  );
  first.leave();
  await sending.viewers(1);
  await sending.watch();
});

test("transport-tcp refuses viewers beyond maxPerAddress", async () => {
  const { runtime, sending } = openSending("?maxPerAddress=1");
  await using _ = sending;
  const port = await sending.port();
  await runtime.network.connect(port!, HOST);
  const second = await runtime.network.connect(port!, HOST);
  assert.equal(await second.closed, "ended");
  assert.match(
    sending.log.at(-1)!,
    /^refused 10\.0\.0\.7:\d+: 1 viewers of its address are connected already \(\?maxPerAddress=\)$/,
  );
  await runtime.network.connect(port!, "10.0.0.8");
  await sending.viewers(2);
});

for (const host of ["127.0.0.1", "127.9.9.9", "::1"]) {
  test(`transport-tcp counts no viewers of ${host}`, async () => {
    const { runtime, sending } = openSending("?maxPerAddress=1");
    await using _ = sending;
    const port = await sending.port();
    await runtime.network.connect(port!, host);
    await runtime.network.connect(port!, host);
    await sending.viewers(2);
  });
}

test("transport-tcp bounds what the system keeps for a viewer", async () => {
  const asked: ListenOptions[] = [];
  const runtime = new class extends FakeRuntime {
    override listenTcp(options: ListenOptions) {
      asked.push(options);
      return super.listenTcp(options);
    }
  }();
  const watch = () => Promise.reject(new Error("Nobody watches"));
  for (const query of ["", "?sendBuffer=4096"]) {
    const address = `tcp://0.0.0.0${query}`;
    await using sending = new Sending(plugin, { address, runtime, watch });
    assert.equal(await sending.port(), 5001);
  }
  assert.deepEqual(asked, [
    { host: "0.0.0.0", port: 5001, sendBuffer: 16384 },
    { host: "0.0.0.0", port: 5001, sendBuffer: 4096 },
  ]);
});

test("transport-tcp bounds what the system keeps for whom it dials", async () => {
  for (const sendBuffer of [16384, 4096, 1 << 20]) {
    const asked: (number | undefined)[] = [];
    const runtime = new class extends FakeRuntime {
      override dialTcp(options: DialOptions) {
        asked.push(options.sendBuffer);
        return super.dialTcp(options);
      }
    }();
    const { port, peers } = runtime.network.target();
    const waiting = peers[Symbol.asyncIterator]();
    let peer: FakeTcpPeer | undefined;
    const address = `tcp://${HOST}:${port}?mode=dial&sendBuffer=${sendBuffer}`;
    await using sending = new Sending(plugin, {
      address,
      runtime,
      dials: true,
      async watch() {
        const { value } = await waiting.next();
        return rawReader(peer = value);
      },
    });
    const reader = await sending.watch();
    for (const unit of stream()) sending.hub.push(unit);
    await sending.arrival(reader, streamBytes());
    assert.deepEqual(asked, [sendBuffer]);
    assert.equal(Math.max(...peer!.writes), Math.min(sendBuffer, 65536));
  }
});

test("transport-tcp throws when the system closes its port", async () => {
  const { runtime, sending } = openSending();
  await using _ = sending;
  const reader = await sending.watch();
  const port = await sending.port();
  runtime.network.fail(port!);
  await assert.rejects(sending.done, {
    name: "StreamError",
    failure: "lost",
    message: `Lost port ${port}: it was closed`,
  });
  assert.equal(await reader.ended, "ended");
});

test("transport-tcp lets its viewers go when its port breaks", async () => {
  const { runtime, sending } = openSending();
  await using _ = sending;
  const reader = await sending.watch();
  runtime.network.fail((await sending.port())!, new Error("Broken"));
  await assert.rejects(sending.done, new Error("Broken"));
  assert.equal(await reader.ended, "ended");
});

test("transport-tcp closes who comes while it is told to end", async () => {
  const { runtime, sending } = openSending();
  const port = await sending.port();
  const late = await runtime.network.connect(port!);
  await sending[Symbol.asyncDispose]();
  assert.equal(await late.closed, "ended");
});

test("transport-tcp receives from the first sender that comes", async () => {
  const runtime = new FakeRuntime();
  const { signal } = new AbortController();
  const address = "tcp://:5001?mode=listen";
  const context = contextOf(plugin, address, runtime, signal);
  const receiving = plugin.receive!(context);
  const first = await runtime.network.connect(5001);
  const second = await runtime.network.connect(5001);
  const ingest = await receiving;
  assert.equal(await second.closed, "ended");
  await ingest[Symbol.asyncDispose]();
  assert.equal(await first.closed, "ended");
  assert.deepEqual(runtime.open, []);
});

test("transport-tcp dials port 5001 unless told otherwise", async () => {
  const runtime = new FakeRuntime();
  const { peers } = runtime.network.target(5001);
  const { signal } = new AbortController();
  await using ingest = await plugin.receive!(
    contextOf(plugin, `tcp://${HOST}`, runtime, signal),
  );
  assert.equal(ingest.peer, `${HOST}:5001`);
  for await (const _ of peers) break;
});

test("transport-tcp gives a silent sender three seconds", async () => {
  const runtime = new FakeRuntime();
  runtime.network.silent.add("silent");
  const { signal } = new AbortController();
  const receiving = assert.rejects(
    plugin.receive!(contextOf(plugin, "tcp://silent", runtime, signal)),
    {
      failure: "refused",
      message: "Cannot connect to silent:5001: no answer within 3000 ms",
    },
  );
  await runtime.advance(3000);
  await receiving;
});

for (
  const [address, message] of [
    [
      "tcp://0.0.0.0:5001",
      'Cannot connect to "tcp://0.0.0.0:5001": it names no machine; name ' +
      "one, or wait for the other side with ?mode=listen",
    ],
    [
      "tcp://[::]",
      'Cannot connect to "tcp://[::]": it names no machine; name one, or ' +
      "wait for the other side with ?mode=listen",
    ],
    [
      "tcp://:5001",
      'Cannot connect to "tcp://:5001": it names no machine; name one, or ' +
      "wait for the other side with ?mode=listen",
    ],
    [
      "tcp:127.0.0.1:5001",
      'Cannot use "tcp:127.0.0.1:5001": it has a path; hosts and ports are ' +
      "written tcp://192.168.1.7:5004",
    ],
    [
      "tcp://192.0.2.1:5001?mode=listen",
      "Cannot listen on 192.0.2.1:5001: the address is not one of this " +
      "machine's (to connect to another machine add ?mode=dial)",
    ],
  ] as const
) {
  test(`transport-tcp does not receive from ${address}`, async () => {
    const { signal } = new AbortController();
    const context = contextOf(plugin, address, machine, signal);
    const error = { name: "ConfigError", message };
    await assert.rejects(plugin.receive!(context), error);
  });
}

test("transport-tcp does not listen everywhere where a slash is missing", async () => {
  const { signal } = new AbortController();
  const context = contextOf(plugin, "tcp:127.0.0.1:5001", machine, signal);
  const viewers = { open: () => assert.fail("nobody is to come") };
  await assert.rejects(plugin.send!(viewers, context, () => {}), {
    name: "ConfigError",
    message: 'Cannot use "tcp:127.0.0.1:5001": it has a path; hosts and ' +
      "ports are written tcp://192.168.1.7:5004",
  });
});

test("transport-tcp says so when its port is in use", async () => {
  await using other = await machine.listenTcp({ host: "0.0.0.0", port: 0 });
  const { signal } = new AbortController();
  const address = `tcp://0.0.0.0:${other.port}`;
  const context = contextOf(plugin, address, machine, signal);
  const viewers = { open: () => assert.fail("nobody is to come") };
  await assert.rejects(plugin.send!(viewers, context, () => {}), {
    name: "ConfigError",
    exitCode: 69,
    message: `Cannot listen on 0.0.0.0:${other.port}: the port is in use; ` +
      "stop the other program or choose another",
  });
});

for (
  const [query, why] of Object.entries({
    "mode=server": 'option "mode" is "server", expected "dial" or "listen"',
    "maxViewers=0":
      'option "maxViewers" is "0", expected a whole number from 1 to 1000',
    "maxPerAddress=many":
      'option "maxPerAddress" is "many", expected a whole number from 1 to ' +
      "1000",
    "sendBuffer=1k":
      'option "sendBuffer" is "1k", expected a whole number from 4096 to ' +
      "1048576",
    "maxviewers=4": 'no option "maxviewers" (did you mean "maxViewers"?)',
  })
) {
  test(`transport-tcp refuses ?${query}`, () => {
    const options = Object.fromEntries([query.split("=")]);
    assert.throws(
      () => checkOptions(plugin.options, options, { redacted: "tcp:" }),
      { name: "ConfigError", message: `Cannot use "tcp:": ${why}` },
    );
  });
}
