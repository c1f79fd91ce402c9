/**
 * Finds out what a server has at an address, wherever it says that it is.
 *
 * @module
 */

import type {
  Address,
  PluginContext,
  SdpVideo,
  TlsOptions,
} from "../../../mod.ts";
import { LIMITS, type RtspResponse } from "../message.ts";
import { portOf, urlOf } from "../address.ts";
import { DIAL_MS } from "../tls.ts";
import {
  Conversation,
  type ConversationHost,
  SEND_BUFFER_BYTES,
} from "./conversation.ts";

/** A stream, and the connection over which it was asked for. */
export interface Description {
  readonly conversation: Conversation;
  /** The server, in messages. */
  readonly server: string;
  /** The address of the whole. */
  readonly base: string;
  /** The address of the video. */
  readonly track: string;
  readonly video: SdpVideo;
  /** From here on the connection outlives the agent's wish to stop. */
  hold(): void;
  /** What the server knows that changes nothing. */
  readonly keepAlive: "GET_PARAMETER" | "OPTIONS";
}

/** The video is none of ours; FFmpeg may know it. */
export class ForeignCodecError extends Error {
  /** Where it is, without a password that is another server's. */
  readonly address: Address;

  /** Says what it is. */
  constructor(message: string, address: Address) {
    super(message);
    this.address = address;
  }
}

/** Longest chain of servers that send us to others. */
const MAX_REDIRECTS = 3;

/** RFC 2326, section 11.3; 307 and 308 are HTTP's. */
const REDIRECTS = [301, 302, 303, 305, 307, 308];

/** What an address in a header is made of. */
const LOCATION =
  /^(?<scheme>rtsps?):\/\/(?:[^/?#@]*@)?(?<host>\[[\da-f:.%\w]+\]|[\w.-]+)(?::(?<port>\d{1,5}))?(?<resource>[/?][\x21-\x7e]*)?$/i;

/**
 * Connects, and asks.
 *
 * @throws {ForeignCodecError} If there is video, and none of ours;
 * {@linkcode ConfigError} if the server wants other credentials;
 * {@linkcode StreamError} "refused" if it has no such stream, or does not
 * answer, "undecodable" if there is no video.
 */
export async function describe(
  context: PluginContext<unknown>,
  tls: TlsOptions | undefined,
  host: ConversationHost,
): Promise<Description> {
  let { address } = context;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const asked = await ask(address, context, tls, host);
    if (!("location" in asked)) return asked;
    address = redirected(address, asked.location, host);
  }
  throw new host.StreamError(
    "refused",
    `${context.address.redacted} leads from server to server`,
  );
}

async function ask(
  address: Address,
  { runtime, signal, address: first }: PluginContext<unknown>,
  tls: TlsOptions | undefined,
  host: ConversationHost,
): Promise<Description | { readonly location: string }> {
  const { media } = host;
  const at = { host: address.host!, port: portOf(address) };
  const server = media.hostAndPort(at.host, at.port);
  const { username, password, redacted } = address;
  const stopped = new AbortController();
  const stop = () => stopped.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const connection = await runtime.dialTcp({
    ...at,
    signal: stopped.signal,
    timeout: media.ms(DIAL_MS),
    sendBuffer: SEND_BUFFER_BYTES,
    ...(address.scheme === "rtsps" && { tls: tls ?? {} }),
  });
  const isElsewhere = first.username !== undefined && username === undefined;
  const party = {
    ...{ server, username, password, isElsewhere },
    purpose: `receive from "${redacted}"`,
  };
  const around = { runtime, signal };
  const conversation = new Conversation(connection, party, around, host);
  try {
    const { username: _, password: __, ...open } = address;
    const url = urlOf(open);
    const options = await conversation.ask({ method: "OPTIONS", url });
    const response = await conversation.ask({
      ...{ method: "DESCRIBE", url },
      headers: { "Accept": "application/sdp" },
    });
    const { status, headers } = response;
    const [location] = headers.get("location") ?? [];
    if (REDIRECTS.includes(status) && location !== undefined) {
      await conversation[Symbol.asyncDispose]();
      return { location };
    }
    const text = sdpOf(response, address, server, host);
    const base = baseOf(response, url);
    const video = videoOf(text, address, host);
    const { control, sessionControl } = video;
    const known = options.headers.get("public")?.join(",") ?? "";
    return {
      ...{ conversation, server, video },
      hold: () => signal.removeEventListener("abort", stop),
      base: resolve(base, sessionControl),
      track: resolve(base, control),
      keepAlive: /\bGET_PARAMETER\b/.test(known) ? "GET_PARAMETER" : "OPTIONS",
    };
  } catch (error) {
    await conversation[Symbol.asyncDispose]();
    throw error;
  }
}

function sdpOf(
  { status, reason, body }: RtspResponse,
  { redacted }: Address,
  server: string,
  { StreamError }: ConversationHost,
): string {
  if (status === 200) return new TextDecoder().decode(body);
  throw new StreamError(
    "refused",
    status === 404
      ? `${redacted} has no such stream (404)`
      : `${server} answers DESCRIBE with ${status} ${reason}`,
  );
}

function videoOf(
  text: string,
  address: Address,
  { media, StreamError }: ConversationHost,
): SdpVideo {
  if (!/^m=video /m.test(text)) {
    throw new StreamError("undecodable", `${address.redacted} offers no video`);
  }
  try {
    return media.readSdp(text);
  } catch (error) {
    if (!(error instanceof media.SdpError)) throw error;
    throw new ForeignCodecError(error.message, address);
  }
}

/** RFC 2326, section C.1.1. */
function baseOf({ headers }: RtspResponse, url: string): string {
  const [base] = headers.get("content-base") ??
    headers.get("content-location") ?? [];
  return base !== undefined && isUrl(base) ? base : url;
}

/**
 * Where a part is, as servers of cameras understand it: behind the whole, even
 * where URLs would have it beside it.
 */
export function resolve(base: string, control: string | undefined): string {
  if (control === undefined || control === "*") return base;
  if (isUrl(control)) return control;
  const part = control.replace(/[^\x21-\x7e]/g, "");
  const whole = `${base}${/[/=?&]$/.test(base) ? "" : "/"}${part}`;
  return whole.length <= LIMITS.urlBytes ? whole : base;
}

function isUrl(text: string): boolean {
  return /^rtsps?:\/\/[\x21-\x7e]+$/i.test(text) &&
    text.length <= LIMITS.urlBytes;
}

/**
 * Where a server sends us, to whom no password of another one is shown.
 *
 * @throws {StreamError} "refused" if that is nowhere, or not encrypted any
 * more.
 */
function redirected(
  from: Address,
  location: string,
  { media, StreamError }: ConversationHost,
): Address {
  const to = LOCATION.exec(location)?.groups;
  const scheme = to?.["scheme"]?.toLowerCase() ?? "";
  const port = to?.["port"] === undefined ? undefined : Number(to["port"]);
  const isNowhere = to === undefined || port === 0 || (port ?? 1) > 65_535;
  if (isNowhere || from.scheme === "rtsps" && scheme === "rtsp") {
    throw new StreamError(
      "refused",
      `${from.redacted} leads to where it is not to be followed`,
    );
  }
  const host = to["host"]!.replace(/^\[|\]$/g, "");
  const { username, password } = from;
  const address: Address = {
    ...{ scheme, host, query: {}, resource: to["resource"] ?? "/" },
    ...(port !== undefined && { port }),
    redacted: `${scheme}://${media.hostAndPort(host, port ?? 554)}`,
  };
  const isSame = host === from.host && portOf(address) === portOf(from) &&
    scheme === from.scheme;
  return {
    ...address,
    ...(isSame && username !== undefined && { username }),
    ...(isSame && password !== undefined && { password }),
  };
}
