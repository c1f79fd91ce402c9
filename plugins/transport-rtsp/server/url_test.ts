import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { readRequestUrl } from "./url.ts";

for (
  const [url, expected] of Object.entries({
    "rtsp://pi/cam": { path: "/cam", base: "rtsp://pi/cam/" },
    "rtsp://pi:8554/cam/": { path: "/cam", base: "rtsp://pi:8554/cam/" },
    "RTSPS://pi/cam": { path: "/cam", base: "RTSPS://pi/cam/" },
    "rtsp://pi": { path: "/", base: "rtsp://pi/" },
    "rtsp://pi/": { path: "/", base: "rtsp://pi/" },
    "rtsp://me:p@ss@pi/cam": { path: "/cam", base: "rtsp://pi/cam/" },
    "rtsp://[fe80::1]:8554/a/b?c=d": {
      path: "/a/b",
      base: "rtsp://[fe80::1]:8554/a/b/",
    },
    "rtsp://pi/s%C3%BCd": { path: "/süd", base: "rtsp://pi/s%C3%BCd/" },
    "rtsp://pi/cam/trackID=0": {
      path: "/cam",
      track: "trackID=0",
      base: "rtsp://pi/cam/",
    },
    "rtsp://pi/cam//trackID=0?x": {
      path: "/cam",
      track: "trackID=0",
      base: "rtsp://pi/cam/",
    },
    "rtsp://pi/trackID=9": {
      path: "/",
      track: "trackID=9",
      base: "rtsp://pi/",
    },
    "rtsp://pi/cam/trackID=0/more": {
      path: "/cam/trackID=0/more",
      base: "rtsp://pi/cam/trackID=0/more/",
    },
    "*": undefined,
    "/cam": undefined,
    "rtsp://": undefined,
    "rtsp://me@": undefined,
    "rtsp:///cam": undefined,
    "http://pi/cam": undefined,
    "rtsp://pi/%": undefined,
    "rtsp://pi/%ff": undefined,
  })
) {
  test(`readRequestUrl() reads ${url}`, () => {
    assert.deepEqual(readRequestUrl(url), expected);
  });
}
