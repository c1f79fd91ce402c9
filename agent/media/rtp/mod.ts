/**
 * RTP as pure functions: pictures to packets and back, RTCP, SDP. Whoever has
 * the sockets passes in datagrams and the time.
 *
 * A sender packs with {@linkcode RtpH264Packetizer}, reports with
 * {@linkcode writeRtcp}, and describes itself with {@linkcode writeSdp}. A
 * receiver pushes every datagram into a {@linkcode RtpReceiver}, with what
 * {@linkcode readSdp} said if there is an SDP, and calls
 * {@linkcode RtpReceiver.expire} at its deadline.
 *
 * @module
 */

export { VIDEO_CLOCK_RATE } from "./clock.ts";
export * from "./counters.ts";
export * from "./framed.ts";
export * from "./h264_packetizer.ts";
export * from "./packet.ts";
export * from "./probe.ts";
export * from "./receiver.ts";
export type * from "./reception.ts";
export { MAX_REORDER_WINDOW } from "./reorder_window.ts";
export * from "./reorderer.ts";
export * from "./rtcp.ts";
export * from "./sdp_error.ts";
export * from "./sdp_reader.ts";
export * from "./sdp_writer.ts";
export * from "./sender.ts";
export type * from "./unit.ts";
