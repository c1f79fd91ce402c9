import assert from "node:assert/strict";
import { parseAddress } from "../../agent/media/mod.ts";
import { test } from "../../test/harness.ts";
import { urlOf } from "./address.ts";

const URLS: Record<string, string> = {
  "rtsp://cam": "rtsp://cam:554/",
  "rtsp://cam/a%20b?c=1&d": "rtsp://cam:554/a%20b?c=1&d",
  "rtsp://[fe80::1]:8554/x#transport=udp": "rtsp://[fe80::1]:8554/x",
  "rtsp://me@cam/": "rtsp://me@cam:554/",
  "rtsp://a%40b:p%2Fq%3Ar'@cam/": "rtsp://a%40b:p%2Fq%3Ar'@cam:554/",
};

for (const [address, url] of Object.entries(URLS)) {
  test(`urlOf() asks ${url}`, () => {
    assert.equal(urlOf(parseAddress(address)), url);
  });
}
