import { createServer } from "node:net";
import { once } from "node:events";
import { concat } from "../../agent/media/bytes.ts";
import { runtime } from "../../agent/runtime/mod.ts";
import {
  type RawReader,
  type RawSender,
  testTransport,
} from "../../test/contract/transport_contract.ts";
import { TcpEnd, TcpTarget } from "../../test/faults/tcp_ends.ts";
import * as transportTcp from "./mod.ts";

// The same promises on the loopback interface, to see that the fake one of the
// other tests is like it.

function rawReader(end: TcpEnd): RawReader {
  return {
    received: () => concat(...end.reads),
    ended: new Promise((resolve) =>
      void end.socket.once("end", resolve).once("close", resolve)
    ),
    pause: () => void end.socket.pause(),
    leave: () => end[Symbol.asyncDispose](),
  };
}

function rawSender(end: TcpEnd): RawSender {
  return {
    send: (data) =>
      new Promise((resolve) => end.socket.write(data, () => resolve())),
    end: () => void end.socket.end(),
    reset: () => void end.socket.resetAndDestroy(),
  };
}

/** Ends that a test has opened, to be closed behind it. */
function ends() {
  const open: TcpEnd[] = [];
  return {
    keep(end: TcpEnd): TcpEnd {
      open.push(end);
      return end;
    },
    async [Symbol.asyncDispose]() {
      for (const end of open) await end[Symbol.asyncDispose]();
    },
  };
}

/**
 * A port on which nobody listens, and below those that the system gives to
 * whoever asks for any, as the tests that run beside this one do.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    server.listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      continue; // Somebody listens there.
    }
    server.close();
    await once(server, "close");
    return port;
  }
}

testTransport(
  transportTcp,
  {
    send() {
      const { keep, ...rest } = ends();
      return {
        ...rest,
        address: "tcp://127.0.0.1:0",
        runtime,
        async watch(port) {
          const end = keep(TcpEnd.connect(port!));
          await end.until("connect");
          return rawReader(end);
        },
      };
    },
    async receive() {
      const target = await TcpTarget.listen();
      let count = 0;
      return {
        address: `tcp://127.0.0.1:${target.address.port}`,
        runtime,
        sender: async () => rawSender(await target.connection(count++)),
        nobody: `tcp://127.0.0.1:${await freePort()}`,
        [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
      };
    },
  },
  [{
    reason: "who listens waits for the next viewer",
    tests: ["throws a StreamError when its only peer has left"],
  }, {
    reason: "no host of the loopback interface fails to answer",
    tests: ["ends when it is aborted while it waits for a peer"],
  }],
  "transport-tcp on loopback",
);

testTransport(
  transportTcp,
  {
    async send() {
      const target = await TcpTarget.listen();
      let count = 0;
      return {
        address: `tcp://127.0.0.1:${target.address.port}?mode=dial`,
        runtime,
        dials: true,
        watch: async () => rawReader(await target.connection(count++)),
        [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
      };
    },
    async receive() {
      const { keep, ...rest } = ends();
      const port = await freePort();
      const address = `tcp://127.0.0.1:${port}?mode=listen`;
      return {
        ...rest,
        address,
        runtime,
        async sender() {
          for (;;) {
            const end = keep(TcpEnd.connect(port));
            await end.until("connect|ECONNREFUSED");
            if (end.happened.includes("connect")) return rawSender(end);
          }
        },
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
  "transport-tcp on loopback with the sides turned round",
);
