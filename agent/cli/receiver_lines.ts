/**
 * Lines to paste at the receiving end.
 *
 * @module
 */

import { type Address, hostAndPort, parseAddress } from "../media/address.ts";
import {
  isLoopback,
  isMulticast,
  parseIpAddress,
} from "../media/ip_address.ts";
import type { Announcement } from "../plugin/transport.ts";

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
 * @param at What it tells its receivers.
 * @param own Under which address others reach this machine, if they do.
 */
export function receiverLines(
  address: string,
  { port, sdp }: Announcement,
  own: string | undefined,
): string[] {
  const parsed = parseAddress(address);
  const { scheme, host, port: wanted, query } = parsed;
  const to = port ?? wanted ?? DEFAULT_PORTS[scheme];
  if (scheme === "tcp") return tcpLines(host, to, own);
  if (scheme === "udp") return udpLines(host ?? "", to, query.interface);
  if (scheme === "rtp") {
    // Players cannot do without an SDP: it comes with the first picture.
    if (sdp === undefined) return [];
    return rtpLines(host ?? "", to, query.interface, {
      sdp,
      file: query.sdp,
    });
  }
  if (scheme === "rtsp" || scheme === "rtsps") {
    return rtspLines(parsed, to, own);
  }
  const name = reachable(host, own);
  const at = to === undefined ? name : hostAndPort(name, to);
  return [`camagent recv ${scheme}://${at} pipe:/tmp/cam`];
}

/**
 * Sets the lines apart from others, but for those of an SDP: FFmpeg takes it
 * for none if a space stands before them.
 */
export function indented(line: string): string {
  return SDP_LINE.test(line) ? line : `  ${line}`;
}

/** RFC 8866, section 5: one letter, and what it stands for. */
const SDP_LINE = /^[a-z]=/;

/** Ports that addresses need not name. */
const DEFAULT_PORTS: Partial<Record<string, number>> = {
  tcp: 5001,
  udp: 5004,
  rtp: 5004,
  rtsp: 8554,
  rtsps: 8322,
};

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
  const bound = boundAt(host, port);
  return [
    oursAt("udp", host, port, name),
    `ffplay -f h264 ${PLAY_AT_ONCE} ` +
    quoted(`udp://${bound}${localAddress(host, name)}`),
    `gst-launch-1.0 ${udpsrc(host, port, name)} ! ${SHOW}`,
  ];
}

/**
 * Where players find the SDP: written by the agent, or by the user. Of VLC's
 * readers Debian leaves out the first (its bug 981439), and no other one is
 * tried unless it is named: without, 3.0.24 ends at once.
 */
function rtpLines(
  host: string,
  port: number | undefined,
  name: string | undefined,
  { sdp, file }: { sdp: string; file: string | undefined },
): string[] {
  const path = file ?? "cam.sdp";
  const lines = sdp.trimEnd().split("\r\n");
  return [
    oursAt("rtp", host, port, name),
    `gst-launch-1.0 ${udpsrc(host, port, name)} caps='${RTP_CAPS}' ! ` +
    `rtph264depay ! ${SHOW}`,
    `ffplay -protocol_whitelist file,udp,rtp ${PLAY_AT_ONCE} ${quoted(path)}`,
    `vlc --demux live555,avformat --network-caching 50 ${quoted(path)}`,
    ...(file === undefined
      ? [`with this in ${path} (or have it written by ?sdp=FILE):`, ...lines]
      : []),
  ];
}

/**
 * What is open to everybody stands in one address; who needs a password puts
 * that in. Without `latency=0` GStreamer holds pictures back for 2 s.
 */
function rtspLines(
  { scheme, host, resource = "", username, query }: Address,
  port: number | undefined,
  own: string | undefined,
): string[] {
  const isOpen = username === undefined && query.user === undefined;
  const user = isOpen ? "" : `${query.user ?? "USER"}:PASSWORD@`;
  const at = hostAndPort(reachable(host, own), port);
  const url = `${scheme}://${user}${at}${resource}`;
  const trusted = scheme === "rtsps" ? "#ca=CERTIFICATE" : "";
  // GStreamer believes nobody whom no authority vouches for.
  const source = `rtspsrc location=${quoted(url)} latency=0` +
    (trusted && " tls-validation-flags=0");
  return [
    `camagent recv ${quoted(`${url}${trusted}`)} pipe:/tmp/cam`,
    `ffplay -rtsp_transport tcp ${PLAY_AT_ONCE} ${quoted(url)}`,
    `vlc --network-caching 50 ${quoted(url)}`,
    `gst-launch-1.0 ${source} ! rtph264depay ! ${SHOW}`,
    `cv2.VideoCapture("${url}")  # OpenCV`,
    `${url}  # Frigate, Home Assistant, go2rtc, MediaMTX`,
  ];
}

/** What GStreamer has to be told that its SDP reader would. */
const RTP_CAPS = "application/x-rtp,media=video,clock-rate=90000," +
  "encoding-name=H264,payload=96";

function oursAt(
  scheme: string,
  host: string,
  port: number | undefined,
  name: string | undefined,
): string {
  const through = isMulticast(host) && name !== undefined
    ? `?interface=${name}`
    : "";
  const address = quoted(`${scheme}://${boundAt(host, port)}${through}`);
  return `camagent recv ${address} pipe:/tmp/cam`;
}

function boundAt(host: string, port: number | undefined): string {
  const isKept = isMulticast(host) || isLoopback(host);
  const any = host.includes(":") ? "::" : "0.0.0.0";
  return hostAndPort(isKept ? host : any, port);
}

function udpsrc(
  host: string,
  port: number | undefined,
  name: string | undefined,
): string {
  // By itself it binds 0.0.0.0, which hears no IPv6.
  const any = host.includes(":") ? "address=:: " : "";
  if (!isMulticast(host)) return `udpsrc ${any}port=${port}`;
  const through = name === undefined ? "" : ` multicast-iface=${name}`;
  return `udpsrc address=${host}${through} port=${port}`;
}

/** FFmpeg finds an interface by its address only; that of "lo" is known. */
function localAddress(host: string, name: string | undefined): string {
  const address = name === "lo" ? "127.0.0.1" : name;
  if (!isMulticast(host) || parseIpAddress(address ?? "") === undefined) {
    return "";
  }
  return `?localaddr=${address}`;
}

/** As a shell wants it. */
function quoted(word: string): string {
  return /[^\w./:@%+=,-]/.test(word) ? `'${word}'` : word;
}

/** Shows each picture when it comes. */
const PLAY_AT_ONCE = "-flags low_delay -probesize 32 -framedrop -vf setpts=0";

const SHOW = "h264parse ! avdec_h264 ! autovideosink sync=false";
