/**
 * Pure functions over bytes, numbers and text: no clock, no log, no runtime.
 *
 * @module
 */

export * from "./access_unit.ts";
export * from "./access_unit_splitter.ts";
export * from "./address.ts";
export * from "./annexb.ts";
export * from "./avcc.ts";
export * from "./bitrate.ts";
export * from "./byte_buffer.ts";
export * from "./bytes.ts";
export * from "./codec.ts";
export * from "./container_unit.ts";
export * from "./delimiter.ts";
export * from "./flv.ts";
export * from "./frame.ts";
export * from "./frame_num.ts";
export * from "./h264.ts";
export * from "./hevc.ts";
export * from "./hevc_sps.ts";
export * from "./http_auth.ts";
export * from "./ip_address.ts";
export * from "./ivf.ts";
export * from "./jpeg.ts";
export * from "./jpeg_splitter.ts";
export * from "./lines.ts";
export * from "./mpegts/mod.ts";
export * from "./nal_unit_picture.ts";
export * from "./nut.ts";
export * from "./nut_output.ts";
export * from "./nut_error.ts";
export * from "./pacer.ts";
export * from "./parameter_sets.ts";
export * from "./rbsp.ts";
export * from "./rtp/mod.ts";
export * from "./sei.ts";
export * from "./sequence_header.ts";
export * from "./slice_digest.ts";
export * from "./slice_header.ts";
export * from "./sniff.ts";
export * from "./sps.ts";
export * from "./time.ts";
export * from "./timing_sei.ts";
export * from "./vui.ts";
