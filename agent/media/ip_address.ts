/**
 * Numeric addresses of machines and of multicast groups.
 *
 * @module
 */

/** Four decimal numbers of up to 255, without leading zeros. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}(?<!\.)$/;

/** One group of an IPv6 address. */
const GROUP = /^[\da-f]{1,4}$/i;

/**
 * Reads a numeric address: IPv4, or IPv6 (RFC 4291, section 2.2), of which a
 * zone behind `%` is left out.
 *
 * @returns Its 4 or 16 bytes; `undefined` if it is none.
 */
export function parseIpAddress(text: string): number[] | undefined {
  if (IPV4.test(text)) return text.split(".").map(Number);
  const [bare = ""] = text.split("%");
  const halves = bare.split("::");
  if (!bare.includes(":") || halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  const zeros = 16 - head.length - tail.length;
  return [...head, ...new Array<number>(zeros).fill(0), ...tail];
}

/**
 * Tells whether a numeric address stands for all that have joined a group: RFC
 * 5771 and RFC 4291, section 2.7.
 */
export function isMulticast(text: string): boolean {
  const bytes = parseIpAddress(text);
  if (bytes === undefined) return false;
  return bytes.length === 4
    ? bytes[0]! >= 224 && bytes[0]! <= 239
    : bytes[0] === 0xff;
}

/** Tells whether a numeric address is this machine's own, for itself only. */
export function isLoopback(text: string): boolean {
  const bytes = parseIpAddress(text);
  if (bytes === undefined) return false;
  if (bytes.length === 4) return bytes[0] === 127;
  return bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

/** Tells whether a numeric address stands for every interface. */
export function isWildcard(text: string): boolean {
  return parseIpAddress(text)?.every((byte) => byte === 0) ?? false;
}

/**
 * Writes an IPv4 address as such that a socket of IPv6 shows as
 * `::ffff:192.168.1.7` (RFC 4291, section 2.5.5.2); others stay as they are.
 */
export function unmapped(text: string): string {
  return text.replace(/^::ffff:(?=[\d.]+$)/i, "");
}

/** Tells whether a text is meant as IPv4 address, whether or not it is one. */
export function looksLikeIpv4(text: string): boolean {
  return /^[\d.]+$/.test(text);
}

function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (GROUP.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else if (i === groups.length - 1 && IPV4.test(group)) {
      bytes.push(...group.split(".").map(Number));
    } else {
      return undefined;
    }
  }
  return bytes;
}
