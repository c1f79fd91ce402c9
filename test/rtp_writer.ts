/**
 * Writes RTP in a short notation, for tests of what reads it.
 *
 * @module
 */

import {
  ms,
  nalUnitsOf,
  RTP_HEADER_BYTES,
  type RtpHeader,
  RtpReceiver,
  type RtpReceiverOptions,
  type RtpUnit,
  writeRtpHeader,
} from "../agent/media/mod.ts";

/** SSRC of packets that do not say another one. */
export const SSRC = 0x12345678;

/** Writes a packet with a payload. */
export function writeRtp(
  payload: Uint8Array | readonly number[],
  header: Partial<RtpHeader> = {},
): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  packet.set(payload, RTP_HEADER_BYTES);
  writeRtpHeader(packet, 0, {
    payloadType: 96,
    marker: false,
    sequence: 0,
    timestamp: 0,
    ssrc: SSRC,
    ...header,
  });
  return packet;
}

/**
 * Reads packets that are numbered one after the other: each is its timestamp,
 * `!` if it has the marker, and its payload in hexadecimal, as in `"3000! 4188
 * 55"`. `"lost"` leaves a number out.
 */
export function packetsOf(
  lines: readonly string[],
  header: Partial<RtpHeader> = {},
): Uint8Array<ArrayBuffer>[] {
  const first = header.sequence ?? 0;
  return lines.flatMap((line, i) => {
    if (line === "lost") return [];
    const [, time, mark, hex] = /^(\d+)(!?) ?([0-9a-f ]*)$/.exec(line)!;
    const payload = Uint8Array.fromHex(hex!.replaceAll(" ", ""));
    return writeRtp(payload, {
      ...header,
      sequence: first + i & 0xffff,
      timestamp: Number(time),
      marker: mark === "!",
    });
  });
}

/** Reads datagrams to their end, a millisecond after another. */
export function receive(
  datagrams: readonly Uint8Array[],
  options: RtpReceiverOptions = { codec: "h264" },
): { units: RtpUnit[]; receiver: RtpReceiver } {
  const receiver = new RtpReceiver(options);
  const units = datagrams.flatMap((datagram, i) =>
    receiver.push(datagram, ms(i))
  );
  units.push(...receiver.flush(ms(datagrams.length)));
  return { units, receiver };
}

/**
 * Describes units in short: their NAL units in hexadecimal, or the JPEG, and
 * what is wrong, as in `"6588 6581 damaged discontinuity"`.
 */
export function describe(units: readonly RtpUnit[]): string[] {
  return units.map((unit) => {
    const parts = unit.codec === "mjpeg" ? [unit.data] : nalUnitsOf(unit.data);
    return [
      ...[...parts].map((part) => part.toHex()),
      ...unit.damaged ? ["damaged"] : [],
      ...unit.discontinuity ? ["discontinuity"] : [],
      ...unit.restarted ? ["restarted"] : [],
    ].join(" ");
  });
}
