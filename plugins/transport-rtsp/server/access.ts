/**
 * Who may watch a stream that has a password.
 *
 * @module
 */

import type { PluginHost } from "../../../mod.ts";
import type { RtspRequest } from "../message.ts";
import { Refusal } from "./status.ts";

/** Who may watch. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What clients show to people who have to type a password. */
const REALM = "camagent";

/** Asks one client for the password of streams. */
export class Guard {
  readonly #media: PluginHost["media"];
  /** Tells the challenges of this connection from those of others. */
  readonly #nonce = crypto.randomUUID().replaceAll("-", "");
  #wrong = 0;

  /** Has asked for nothing yet. */
  constructor({ media }: Pick<PluginHost, "media">) {
    this.#media = media;
  }

  /** How often something wrong was shown. */
  get wrong(): number {
    return this.#wrong;
  }

  /**
   * Lets a request pass.
   *
   * @throws {Refusal} 401 if it does not show the password.
   */
  check({ method, headers }: RtspRequest, allowed: Credentials): void {
    const [authorization] = headers.get("authorization") ?? [];
    const verdict = this.#media.checkAuthorization(authorization, {
      ...{ ...allowed, method, realm: REALM, nonce: this.#nonce },
    });
    if (verdict === "right") return;
    if (verdict === "wrong") this.#wrong++;
    const stale = verdict === "stale" ? ", stale=TRUE" : "";
    // The better one first. Without "qop" and "algorithm", which VLC and older
    // cameras' clients do not know.
    const challenges = [
      `Digest realm="${REALM}", nonce="${this.#nonce}"${stale}`,
      `Basic realm="${REALM}"`,
    ];
    const why = verdict === "wrong" ? "wrong user or password" : "no password";
    throw new Refusal(401, why, {
      // Nobody shows a password before it is asked for.
      isRoutine: verdict !== "wrong",
      further: challenges.map((it) => ["WWW-Authenticate", it]),
    });
  }
}
