/**
 * What a server says of a session (RFC 2326, section 12.37).
 *
 * @module
 */

import type { Milliseconds, PluginHost } from "../../mod.ts";
import type { RtspResponse } from "./message.ts";

/** A session of a client. */
export interface SessionHeader {
  readonly id: string;
  /** How often the server has to hear of us. */
  readonly aliveEvery: Milliseconds;
}

/** What a session lasts unless the server says so. */
const TIMEOUT_S = 60;

/** A header: an identifier, and after how many seconds it is forgotten. */
const SESSION = /^\s*([^;\s]{1,512})\s*(?:;.*?\btimeout\s*=\s*(\d{1,6}))?/i;

/** @returns `undefined` if the server has opened none. */
export function readSession(
  { headers }: Pick<RtspResponse, "headers">,
  { ms }: Pick<PluginHost["media"], "ms">,
): SessionHeader | undefined {
  const [value = ""] = headers.get("session") ?? [];
  const [, id, timeout = TIMEOUT_S] = SESSION.exec(value) ?? [];
  if (id === undefined) return undefined;
  return { id, aliveEvery: ms(Math.max(1, Number(timeout)) * 1000 / 2) };
}
