import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ivfFileHeader, ivfFrameHeader } from "./ivf.ts";

const VP8 = {
  fourcc: "VP80",
  width: 16,
  height: 16,
  timebase: { num: 1, den: 30 },
};

/**
 * `ffmpeg -f lavfi -i color=s=16x16:r=30 -frames:v 2 -c:v libvpx -flags
 * bitexact -f ivf -`, FFmpeg 5.1.9, but for the number of frames.
 */
test("ivfFileHeader() writes what FFmpeg writes", () => {
  assert.equal(
    ivfFileHeader(VP8).toHex(),
    "444b494600002000565038301000100" + "01e000000010000000000000000000000",
  );
});

test("ivfFileHeader() puts every field in its place", () => {
  const timebase = { num: 0x01020304, den: 0x05060708 };
  const header = ivfFileHeader({
    fourcc: "H264",
    width: 0x1234,
    height: 0x5678,
    timebase,
  });
  assert.equal(
    header.subarray(8, 24).toHex(),
    "48323634" + "3412" + "7856" + "08070605" + "04030201",
  );
});

test("ivfFileHeader() refuses a FourCC that is not four bytes long", () => {
  for (const fourcc of ["", "VP8", "H2645", "hév1"]) {
    assert.throws(() => ivfFileHeader({ ...VP8, fourcc }), {
      name: "RangeError",
      message: `Cannot write FourCC "${fourcc}": not four bytes`,
    });
  }
});

test("ivfFrameHeader() writes length and timestamp", () => {
  assert.equal(ivfFrameHeader(0x1f, 0).toHex(), "1f0000000000000000000000");
  assert.equal(
    ivfFrameHeader(8 * 1024 * 1024, 2 ** 53 - 1).toHex(),
    "00008000" + "ffffffffffff1f00",
  );
  assert.equal(
    ivfFrameHeader(1, 0x7fff_ffff_ffff_fffen).toHex(),
    "01000000" + "feffffffffffff7f",
  );
});
