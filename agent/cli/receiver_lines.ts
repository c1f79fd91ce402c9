/**
 * Lines to paste at the receiving end.
 *
 * @module
 */

import { hostAndPort, parseAddress } from "../media/address.ts";
import { isLoopback, isMulticast } from "../media/ip_address.ts";

/** Addresses that mean every interface of this machine. */
const EVERY = ["0.0.0.0", "::", undefined];

/**
 * Returns the commands that show what an output sends.
 *
 * Measured with ffplay 5.1.9, from the death of the sender to the end of the
 * picture, 4 runs: 17 to 37 ms with these flags, 220 to 770 ms without the
 * last two. `-fflags nobuffer` does as well, but with a small probe it throws
 * the first keyframe away.
 *
 * @param address The output, without secrets.
 * @param port The port it really has.
 * @param own Under which address others reach this machine, if they do.
 */
export function receiverLines(
  address: string,
  port: number | undefined,
  own: string | undefined,
): string[] {
  const { scheme, host, port: wanted, query } = parseAddress(address);
  const to = port ?? wanted ?? DEFAULT_PORTS[scheme];
  if (scheme === "tcp") return tcpLines(host, to, own);
  if (scheme === "udp") return udpLines(host ?? "", to, query.interface);
  const name = reachable(host, own);
  const at = to === undefined ? name : hostAndPort(name, to);
  return [`camagent recv ${scheme}://${at} pipe:/tmp/cam`];
}

/** Ports that addresses need not name. */
const DEFAULT_PORTS: Partial<Record<string, number>> = { tcp: 5001, udp: 5004 };

/** What others call the machine that listens. */
function reachable(host: string | undefined, own: string | undefined): string {
  return EVERY.includes(host) ? own ?? "127.0.0.1" : host!;
}

function tcpLines(
  host: string | undefined,
  port: number | undefined,
  own: string | undefined,
): string[] {
  const name = reachable(host, own);
  const url = `tcp://${hostAndPort(name, port)}`;
  return [
    `camagent recv ${url} pipe:/tmp/cam`,
    `ffplay -f h264 ${PLAY_AT_ONCE} ${url}`,
    `gst-launch-1.0 tcpclientsrc host=${name} port=${port} ! ${SHOW}`,
  ];
}

/** Receivers run where the datagrams go, or anywhere in reach of the group. */
function udpLines(
  host: string,
  port: number | undefined,
  name: string | undefined,
): string[] {
  const isGroup = isMulticast(host);
  const isOwn = isLoopback(host);
  const any = host.includes(":") ? "::" : "0.0.0.0";
  const bound = hostAndPort(isGroup || isOwn ? host : any, port);
  const joined = isGroup ? `address=${host} ` : "";
  const through = isGroup && name !== undefined
    ? `multicast-iface=${name} `
    : "";
  return [
    `camagent recv ${quoted(`udp://${bound}${interfaceOf(isGroup, name)}`)} ` +
    "pipe:/tmp/cam",
    `ffplay -f h264 ${PLAY_AT_ONCE} udp://${bound}`,
    `gst-launch-1.0 udpsrc ${joined}${through}port=${port} ! ${SHOW}`,
  ];
}

function interfaceOf(isGroup: boolean, name: string | undefined): string {
  return isGroup && name !== undefined ? `?interface=${name}` : "";
}

/** As a shell wants it. */
function quoted(word: string): string {
  return /[?*&]/.test(word) ? `'${word}'` : word;
}

/** Shows each picture when it comes. */
const PLAY_AT_ONCE = "-flags low_delay -probesize 32 -framedrop -vf setpts=0";

const SHOW = "h264parse ! avdec_h264 ! autovideosink sync=false";
