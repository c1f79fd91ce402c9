import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AccessUnitSplitter } from "../../agent/media/access_unit_splitter.ts";
import { joinNalUnits, nalUnitsOf } from "../../agent/media/annexb.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { FifoFrames } from "./fifo_frames.ts";
import { temporaryFolder } from "./folder.ts";
import { Frames } from "./frames.ts";
import { encode, Peer } from "./peer.ts";
import { receiveInto } from "./pipeline.ts";
import { isTestPicture } from "./test_picture.ts";

test("camagent recv decodes a stream without delimiters", async () => {
  const stream = encode("640x480", 30);
  await using peer = await Peer.listen((socket) => socket.end(stream));
  await using receiver = Agent.recv(peer.address, "-");
  const frames = new Frames(receiver.stdout, 640 * 480 * 3);
  for (const { data } of await frames.reach(10)) {
    assert.ok(isTestPicture(data, 640, 480));
  }
});

test("camagent recv shows a stream that claims a picture takes days", async () => {
  const ticks = "h264_metadata=tick_rate=1/1000000";
  const stream = encode("640x480", 30, "-bsf:v", ticks);
  await using peer = await Peer.listen((socket) => socket.write(stream));
  await using receiver = Agent.recv(peer.address, "-");
  await new Frames(receiver.stdout, 640 * 480 * 3).reach(10);
});

test("camagent recv reads a stream that comes byte by byte", async () => {
  const stream = encode("320x240", 15);
  await using peer = await Peer.listen(async (socket) => {
    socket.setNoDelay(true);
    for (let at = 0; at < stream.length && !socket.destroyed; at += 97) {
      await new Promise((sent) =>
        socket.write(stream.subarray(at, at + 97), sent)
      );
    }
  });
  await using receiver = Agent.recv(peer.address, "-");
  await new Frames(receiver.stdout, 320 * 240 * 3).reach(5);
});

test("camagent recv goes on at the keyframe after a damaged one", async () => {
  const units = [...new AccessUnitSplitter().push(encode("640x480", 60))];
  const last = units.findLast(({ keyframe }) => keyframe);
  const stream = units.map((unit) =>
    unit === last ? spoil(unit.data) : unit.data
  );
  await using peer = await Peer.listen((socket) => {
    let next = 0;
    const feeding = setInterval(() => {
      socket.write(stream[next++ % stream.length]!);
    }, 33);
    socket.once("close", () => clearInterval(feeding));
  });
  await using receiver = Agent.recv(peer.address, "-");
  const frames = new Frames(receiver.stdout, 640 * 480 * 3);
  // FFmpeg shows nothing of the damaged keyframe and what follows it.
  await frames.reach(stream.length * 2);
  const { decoders: [decoder] } = await receiver.says(({ input, decoders }) =>
    input.held + decoders[0]!.dropped > 0
  );
  assert.equal(decoder!.supervisor.restarts, 0);
});

/** Breaks the slice headers of a keyframe (nal_unit_type 5). */
function spoil(keyframe: Uint8Array): Uint8Array {
  const nalUnits = [...nalUnitsOf(keyframe)].map((nalUnit) =>
    nalUnit.map((byte, at) => at === 1 && (nalUnit[0]! & 31) === 5 ? 255 : byte)
  );
  return joinNalUnits(nalUnits);
}

test("camagent recv reopens its sinks when the size changes", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "frames");
  const [large, small] = [encode("1280x720", 60), encode("640x480", 60)];
  let next = () => {};
  await using peer = await Peer.listen((socket) => {
    socket.write(small);
    next = () => socket.write(large);
  });
  await using receiver = await receiveInto(path, peer.address);
  await using first = new FifoFrames(path, 640 * 480 * 3);
  await first.frames.reach(1);
  assert.equal(sidecar(path).frameBytes, 640 * 480 * 3);
  const feeding = setInterval(next, 100);
  try {
    // The end of the pipe tells the reader to look at the sidecar again.
    await first.ended;
    assert.equal(first.frames.rest, 0);
    await using second = new FifoFrames(path, 1280 * 720 * 3);
    const frames = await second.frames.reach(10);
    assert.equal(sidecar(path).width, 1280);
    for (const { data } of frames) {
      assert.ok(isTestPicture(data, 1280, 720));
    }
  } finally {
    clearInterval(feeding);
  }
  for (const { data } of first.frames.all) {
    assert.ok(isTestPicture(data, 640, 480));
  }
  await receiver.says(({ input }) => input.size === "1280x720");
});

function sidecar(path: string): { width: number; frameBytes: number } {
  return JSON.parse(readFileSync(`${path}.json`, "utf8"));
}

test("camagent recv takes a sender that connects to it", async () => {
  await using receiver = Agent.recv("tcp://127.0.0.1:0?mode=listen", "-");
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  await using _sender = Agent.send(
    "test:",
    `tcp://127.0.0.1:${port}?mode=dial`,
  );
  await new Frames(receiver.stdout, 640 * 480 * 3).reach(30);
});
