/**
 * Transport streams as others write them.
 *
 * @module
 */

import { inflateSync } from "node:zlib";

/** Samples are deflated, since most of them is stuffing. */
function inflate(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(inflateSync(Uint8Array.fromBase64(base64)));
}

/**
 * `ffmpeg -fflags +genpts -r 30 -f h264 -i <SAMPLE of h264_writer.ts> -c copy -f
 * mpegts -`, FFmpeg 5.1.9.
 */
export const FFMPEG_H264: Uint8Array<ArrayBuffer> = inflate(
  "eNpzdxAUYHD6oMrAeJCB4T/jfwbGPw0iHkKMbG5uuQWp6ZzBqUVlmcmpBoblNc6n/g8u4O7A" +
    "IMDAsIEX7HYGxg8MWhtZNv0fGsA9AOh2pg1CYLc/ZPjAIA0iRPf6hg0BtzsyGEQEMDBU89Qx" +
    "UN1wYEQ+YGBoaGBVZGC/kQiKV84PIDLd6QDXrWpGYIQzg2KdmfnER6UskETGOcbpCkA6taPF" +
    "iidxA3vql9tfUhMzF0uwtB1qUTsWvcosUSQswPvj+QvLnhX4At1uOJth8IYtsvffX0R433GW" +
    "0hSg242GiNs52R2R3e40BZhXBYdwXhUcwnnVOByYV3sWUD+vIse33EaSsmoTX7NEDuPNWrO/" +
    "khFRGccYFTcs5Nw47VXvDFfRKUJ/ir9o7pwj7AB0u8lQSe9miqh5FQDg+gQt",
);

/**
 * `gst-launch-1.0 filesrc location=<the same> ! h264parse ! mpegtsmux !
 * filesink location=<file>`, GStreamer 1.22.0.
 */
export const GSTREAMER_H264: Uint8Array<ArrayBuffer> = inflate(
  "eNpzd2AwXMbwfygABoYNvAyMBxkYGBgfKCw6rOno7qBgOH2Qup2BaYMM2LEPHD8wSAMJLlYO" +
    "DxffsP/SLvaud/2E3B0cDcMDOJdfa69joH5AMT5giGpsYFX0td/ECAovzg8gMt3pANetakYB" +
    "BgZmBhDBfOKjUhZIIuMc43QFECO1o8WKJ3EDe+qX219SEzMXS7C0HWpROxa9yixRJCzA++P5" +
    "C8ueFfgC3W40m2EwJxSg/8Ug/j+Zj/C/4yylKUC3G88W4Fz+yO4fw2B3+4P7yG53ArndJMyB" +
    "dtZGQ6z94U9akmnia5bIYbxZa/ZXMiIq4xij4oaFnBunveqd4So6RehP8RfNnXOEHdwdGIyG" +
    "cDljNITLGVNQen/7bdCnd0f+/ah5FQAOFlrU",
);

/**
 * `ffmpeg -f lavfi -i color=s=64x64:r=30 -frames:v 4 -c:v libx265 -preset
 * ultrafast -x265-params info=0:keyint=3:bframes=0 -f mpegts -`, FFmpeg 5.1.9.
 */
export const FFMPEG_HEVC: Uint8Array<ArrayBuffer> = inflate(
  "eNpzdxAUYHD6oMrAeJCB4T/jfwbGPw0iHkKMbG5uuQWp6ZzBqUVlmcmpBoblNc6n/g8u4O7A" +
    "IMDAsIEX7HYGxg8MWhtZNv0fGsA9AOh2pg0SYLc/ZPjAoAIk2FhZPFzDnE/PYwga1G53ZDBw" +
    "DGBgqOapYyDfFGCMPWBgaGhgVWRgv5EIikA3xgAQ5cDIw/j/P2MCAwMzwwQQAURyu5gcQHJO" +
    "jIxoEgsUGlmnvdQ02MO6QAEkACKYwenBhfFA8YFOIEODcY1iA9v//8diLmUD3W44lWEwhipy" +
    "eLy/iBQeTIwXOCsaeRa8ALrdaNC7nZPdEdXtgv8UHIFud2AQHMJ5VXAI51VjO2BU9CwgO68i" +
    "R67cRlpmVC3GNTxfJRq49v8P+PL07QEADccafw==",
);

/** The same with `-f hevc`. */
export const HEVC_STREAM: Uint8Array<ArrayBuffer> = Uint8Array.fromBase64(
  "AAAAAUABDAH//wFgAAADAJAAAAMAAAMAHroCQAAAAAFCAQEBYAAAAwCQAAADAAADAB6gIIEF" +
    "lukpMLwFoCAAAAMAIAAAAwPBAAAAAUQBwHPAiQAAASgBrCGABv//xlzSawAAAAECAdAJeIEM" +
    "oOgAAAABAgHQEf4gQaDoAAAAAUABDAH//wFgAAADAJAAAAMAAAMAHroCQAAAAAFCAQEBYAAA" +
    "AwCQAAADAAADAB6gIIEFlukpMLwFoCAAAAMAIAAAAwPBAAAAAUQBwHPAiQAAASoBrAz1GIAK" +
    "v/9Q9OXtwA==",
);
