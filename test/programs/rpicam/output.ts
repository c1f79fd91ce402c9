/**
 * Where the frames go if that is the network.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { RpicamError } from "./options.ts";
import { type Output, Terminated } from "./stdio.ts";

/** The largest datagram of IPv4. */
const DATAGRAM_BYTES = 65507;

/**
 * Opens a network address.
 *
 * @param listen Whether a client is waited for.
 * @throws {RpicamError} If it is none, or nobody answers.
 */
export async function networkOutput(
  target: string,
  listen: boolean,
): Promise<Output> {
  const [, protocol, host = "", port] =
    /^(tcp|udp):\/\/(\d+\.\d+\.\d+\.\d+):(\d+)$/.exec(target) ?? [];
  if (protocol === undefined) {
    throw new RpicamError(`bad network address ${target}`);
  }
  if (protocol === "udp") return udpOutput(host, Number(port));
  const socket = listen
    ? await acceptOne(Number(port))
    : await dial(host, Number(port));
  return socketOutput(socket);
}

function udpOutput(host: string, port: number): Output {
  const socket = createSocket("udp4");
  return {
    async write(frame) {
      for (let at = 0; at < frame.length; at += DATAGRAM_BYTES) {
        const part = frame.subarray(at, at + DATAGRAM_BYTES);
        await new Promise<void>((resolve, reject) =>
          socket.send(part, port, host, (error) => {
            if (!error) return resolve();
            reject(new Terminated("failed to send data on socket"));
          })
        );
      }
    },
  };
}

async function dial(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
  } catch (cause) {
    throw new RpicamError("connect to server failed", { cause });
  }
  return socket;
}

/** One client, ever. */
async function acceptOne(port: number): Promise<Socket> {
  const server = createServer();
  try {
    server.listen(port, "0.0.0.0");
    const [socket] = await once(server, "connection");
    server.close();
    return socket;
  } catch (cause) {
    throw new RpicamError("failed to bind listen socket", { cause });
  }
}

function socketOutput(socket: Socket): Output {
  socket.on("error", () => {});
  return {
    write: (frame) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) {
          return reject(new Terminated("failed to send data on socket"));
        }
        socket.write(frame, (error) => {
          if (!error) return resolve();
          reject(new Terminated("failed to send data on socket"));
        });
      }),
  };
}
