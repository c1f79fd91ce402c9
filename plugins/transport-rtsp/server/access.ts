/**
 * Who may watch a stream that has a password.
 *
 * @module
 */

import type { PluginHost } from "../../../mod.ts";
import type { Credentials } from "../credentials.ts";
import type { RtspRequest } from "../message.ts";
import { Refusal } from "./status.ts";

/** What clients show to people who have to type a password. */
const REALM = "camagent";

/**
 * Has those of one address who may be guessing wait for each other, however
 * many connections they have.
 */
export class GuessQueue {
  readonly #last = new Map<string, Promise<void>>();

  /** Does one thing after the other. */
  async run(peerHost: string, judge: () => Promise<void>): Promise<void> {
    const before = this.#last.get(peerHost) ?? Promise.resolve();
    const judged = before.then(judge);
    const over = judged.catch(() => {}).then(() => {
      if (this.#last.get(peerHost) === over) this.#last.delete(peerHost);
    });
    this.#last.set(peerHost, over);
    await judged;
  }
}

/** Asks one client for the password of streams. */
export class Guard {
  readonly #media: PluginHost["media"];
  /** Tells the challenges of this connection from those of others. */
  readonly #nonce = crypto.randomUUID().replaceAll("-", "");
  readonly #passed = new Set<Credentials>();

  /** Has asked for nothing yet. */
  constructor({ media }: Pick<PluginHost, "media">) {
    this.#media = media;
  }

  /** Whether the password was shown before: there is nothing to guess. */
  hasPassed(credentials: Credentials): boolean {
    return this.#passed.has(credentials);
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
    if (verdict === "right") {
      this.#passed.add(allowed);
      return;
    }
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
