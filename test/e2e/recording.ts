/**
 * What is in a recording.
 *
 * @module
 */

import { spawnSync } from "node:child_process";

/** A file, as FFmpeg reads it. */
export interface Recording {
  /** When each picture is shown, in seconds. */
  readonly times: readonly number[];
  /** Pictures per second. */
  readonly fps: string;
  /** What FFmpeg had to complain of when it decoded everything. */
  readonly complaints: string;
}

/** Reads all of it. */
export function readRecording(path: string): Recording {
  const { stderr, ...shown } = show(path);
  const complaints = stderr + run("ffmpeg", ["-i", path, ...NOWHERE]).stderr;
  return { ...shown, complaints };
}

/**
 * Reads one whose writer was killed, perhaps in the middle of a picture: that
 * the last one is not whole is no complaint.
 */
export function readCutRecording(path: string): Recording {
  const { times, fps } = show(path);
  const { stderr } = run("ffmpeg", [
    // Threads read ahead.
    ...["-threads", "1", "-i", path],
    ...["-frames:v", `${times.length - 1}`, ...NOWHERE],
  ]);
  return { times, fps, complaints: stderr };
}

const NOWHERE = ["-f", "null", "-"];

function show(path: string) {
  const { stdout, stderr } = run("ffprobe", [
    ...["-show_entries", "stream=r_frame_rate:packet=pts_time"],
    ...["-of", "json", path],
  ]);
  const { packets = [], streams = [] } = JSON.parse(stdout || "{}");
  const times = packets.map(({ pts_time }: Record<string, string>) =>
    Number(pts_time)
  );
  return { times, fps: streams[0]?.r_frame_rate, stderr };
}

function run(program: string, args: string[]) {
  return spawnSync(program, ["-v", "error", ...args], { encoding: "utf8" });
}
