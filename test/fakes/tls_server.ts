/**
 * A server that proves who it is, in front of one that does not.
 *
 * @module
 */

import { type AddressInfo, connect } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";

/** A certificate, and the key to it, which is secret to nobody. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Proves to be 127.0.0.1, to whoever trusts it. Valid until 2120. */
export const LOCAL: Identity = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9YPJDjuhpNjJHizd
20L7y7K7M2KDYrUPRzuE4qZdr4ihRANCAAQYRk7MIdQY4b2akRMvxGwGC19QnyLB
xxaZknO6q81jhyvOqundBVQwt/l7L6ToSTgJEKY2pdOZazCMrK/ftNbY
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBZDCCAQqgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1jYW1hZ2Vu
dC10ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
VQQDDA1jYW1hZ2VudC10ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGEZO
zCHUGOG9mpETL8RsBgtfUJ8iwccWmZJzuqvNY4crzqrp3QVUMLf5ey+k6Ek4CRCm
NqXTmWswjKyv37TW2KNDMEEwDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/
AAABMB0GA1UdDgQWBBTB2JQbtFTWYL7wkwtzP/SQD3uNFjAKBggqhkjOPQQDAgNI
ADBFAiEA4Kq5gXml17ySdo/Jsz1CgwJ3awSt+A3Achd8Cv2ov5ICIEy5RhGec5Qr
t9EzGfHa3Q9VjUb6/+cwzNQqBdtBhoBk
-----END CERTIFICATE-----
`,
};

/** SHA-256 of {@linkcode LOCAL}'s certificate, as OpenSSL writes it. */
export const FINGERPRINT =
  "BA:4D:87:7E:89:19:BA:41:A0:AA:AF:D7:99:3C:97:63:9C:1D:54:CC:98:22:1C:C2:0F:22:73:51:BE:5F:38:22";

/** Proves to be another machine. Valid until 2120. */
export const ELSEWHERE: Identity = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT23VFmLKXsn+sT55
dBQ6wyiL4fyCb8Ci3I6UjkNyWh+hRANCAASsuu6tkLuQViYkLOCXqXIyAzKvfjNg
P9PFvx2LtJf70P+BDDKa2m+lnQwiiVaPT1g/CaMl4zPgI2VPjqclmYXW
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBbDCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAYMRYwFAYDVQQDDA1jYW1hZ2Vu
dC10ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAYMRYwFAYD
VQQDDA1jYW1hZ2VudC10ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErLru
rZC7kFYmJCzgl6lyMgMyr34zYD/Txb8di7SX+9D/gQwymtpvpZ0MIolWj09YPwmj
JeMz4CNlT46nJZmF1qNMMEowDwYDVR0TAQH/BAUwAwEB/zAYBgNVHREEETAPgg1v
dGhlci5pbnZhbGlkMB0GA1UdDgQWBBTBN1KDr2ttirdwWNflxTd9dfTO3zAKBggq
hkjOPQQDAgNHADBEAiBd5rPBFH5v6YH/MGBn7sv5MNj5t8yZQiqmHq2jOtn0rQIg
K20mbr+vuD1lj7++/qxLP9EcvnjwKZNy/tre5dLhQSU=
-----END CERTIFICATE-----
`,
};

/** Passes on what comes encrypted, and back. */
export class TlsServer implements AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<{ destroy(): void }>;

  private constructor(server: Server, sockets: Set<{ destroy(): void }>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /**
   * Listens on this machine.
   *
   * @param port Where the other server listens.
   */
  static async listen(identity: Identity, port: number): Promise<TlsServer> {
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer({ ...identity }, (socket: TLSSocket) => {
      const other = connect({ host: "127.0.0.1", port });
      for (const one of [socket, other]) {
        sockets.add(one);
        one.on("error", () => {});
        one.on("close", () => {
          sockets.delete(one);
          socket.destroy();
          other.destroy();
        });
      }
      socket.pipe(other);
      other.pipe(socket);
    });
    // Who does not trust it hangs up.
    server.on("tlsClientError", () => {});
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return new TlsServer(server, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
