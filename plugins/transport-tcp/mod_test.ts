import assert from "node:assert/strict";
import { testTransport } from "../../test/contract/transport_contract.ts";
import type {
  RawReader,
  RawSender,
} from "../../test/contract/transport_case.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import type { FakeTcpPeer } from "../../test/fakes/tcp_peer.ts";
import * as transportTcp from "./mod.ts";

const HOST = "10.0.0.7";

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

const LISTENING = [{
  reason: "who listens waits for the next viewer",
  tests: ["throws a StreamError when its only peer has left"],
}];

const DIALLING = [{
  reason: "who dials has one viewer, and is started anew when that leaves",
  tests: [
    "sends to every viewer",
    "goes on for the others when a viewer leaves",
    "sends to the others while a viewer does not read",
  ],
}];

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
      silent: `tcp://silent:5001`,
    };
  },
}, LISTENING);

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
      return {
        address: "tcp://:5001?mode=listen",
        runtime,
        sender: async () => rawSender(await runtime.network.connect(5001)),
        silent: "tcp://:5001?mode=listen",
      };
    },
  },
  [...DIALLING, {
    reason: "who listens waits for the sender",
    tests: ['throws a StreamError "refused" where nobody is'],
  }],
  "transport-tcp with the sides turned round",
);
void assert;
