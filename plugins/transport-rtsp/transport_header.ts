/**
 * How packets are to go, as client and server agree on it (RFC 2326, section
 * 12.39).
 *
 * @module
 */

/** One way that a client can take packets. */
export interface TransportOffer {
  /** In the connection, or in datagrams. */
  readonly lower: "tcp" | "udp";
  /** To a group, instead of to the client alone. */
  readonly multicast: boolean;
  /** Channels of packets and reports. */
  readonly interleaved?: PortPair;
  /** Where the client takes packets and reports. */
  readonly clientPort?: PortPair;
  /** Where packets and reports of the server come from. */
  readonly serverPort?: PortPair;
  /** Where the group takes packets and reports. */
  readonly port?: PortPair;
  /** Where packets are to go, if not to who asks. */
  readonly destination?: string;
  /** Where packets come from, if not from who is asked. */
  readonly source?: string;
  /** Who sends them: 32 bits. */
  readonly ssrc?: number;
  /** Routers that a group's packets may pass, plus one. */
  readonly ttl?: number;
  /** `PLAY` in upper case unless it says something else. */
  readonly mode: string;
}

/** Packets, and reports. */
export type PortPair = readonly [packets: number, reports: number];

/** Far more than anybody offers. */
const MAX_OFFERS = 16;

/** RTP over TCP or UDP; what is encrypted we do not know. */
const PROFILE = /^RTP\/AVP(\/(TCP|UDP))?$/i;

/**
 * Reads what a client offers, or a server has chosen.
 *
 * @returns In its order; what makes no sense, or is not known, is left out.
 */
export function readTransports(value: string): TransportOffer[] {
  return value.split(",").slice(0, MAX_OFFERS).flatMap((text) => {
    const offer = readOffer(text);
    return offer === undefined ? [] : [offer];
  });
}

function readOffer(text: string): TransportOffer | undefined {
  const [spec = "", ...words] = text.split(";").map((word) => word.trim());
  const profile = PROFILE.exec(spec);
  if (!profile) return undefined;
  const fields = new Map(words.map((word) => {
    const [name = "", ...value] = word.split("=");
    return [name.toLowerCase(), value.join("=").replace(/^"(.*)"$/, "$1")];
  }));
  const pair = (name: string, most: number) => readPair(fields.get(name), most);
  const pairs = {
    interleaved: pair("interleaved", 255),
    clientPort: pair("client_port", 65_535),
    serverPort: pair("server_port", 65_535),
    port: pair("port", 65_535),
  };
  if (Object.values(pairs).includes(null)) return undefined;
  const [destination, source] = [
    fields.get("destination"),
    fields.get("source"),
  ];
  const ssrc = fields.get("ssrc");
  const ttl = fields.get("ttl");
  return {
    lower: profile[2]?.toLowerCase() === "tcp" ? "tcp" : "udp",
    multicast: fields.has("multicast"),
    ...known(pairs as Record<string, PortPair | undefined>),
    ...known({ destination, source }),
    ...(ssrc && /^[\da-f]{1,8}$/i.test(ssrc) && { ssrc: parseInt(ssrc, 16) }),
    ...(ttl && /^\d{1,3}$/.test(ttl) && { ttl: Math.min(255, Number(ttl)) }),
    mode: (fields.get("mode") ?? "PLAY").toUpperCase(),
  };
}

/** @returns `undefined` without one, `null` if it makes no sense. */
function readPair(
  text: string | undefined,
  most: number,
): PortPair | null | undefined {
  if (text === undefined) return undefined;
  const [, first, second] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  if (first === undefined) return null;
  const low = Number(first);
  // Whoever names one has the next for reports (RFC 3550, section 11).
  const high = second === undefined ? low + 1 : Number(second);
  return low <= most && high <= most && low !== high ? [low, high] : null;
}

function known<T extends Record<string, unknown>>(
  fields: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(fields).filter(([, it]) => it !== undefined);
  return Object.fromEntries(entries) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

/** Writes one way, as clients and servers do. */
export function writeTransport(offer: Omit<TransportOffer, "mode">): string {
  const { ssrc, destination, source, ttl } = offer;
  const pair = (name: string, ports: PortPair | undefined) =>
    ports === undefined ? [] : [`${name}=${ports[0]}-${ports[1]}`];
  return [
    offer.lower === "tcp" ? "RTP/AVP/TCP" : "RTP/AVP",
    offer.multicast ? "multicast" : "unicast",
    ...(destination === undefined ? [] : [`destination=${destination}`]),
    ...(source === undefined ? [] : [`source=${source}`]),
    ...pair("interleaved", offer.interleaved),
    ...pair("client_port", offer.clientPort),
    ...pair("server_port", offer.serverPort),
    ...pair("port", offer.port),
    ...(ttl === undefined ? [] : [`ttl=${ttl}`]),
    ...(ssrc === undefined
      ? []
      : [`ssrc=${ssrc.toString(16).toUpperCase().padStart(8, "0")}`]),
  ].join(";");
}
