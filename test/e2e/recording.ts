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
  const shown = run("ffprobe", [
    ...["-show_entries", "stream=r_frame_rate:packet=pts_time"],
    ...["-of", "json", path],
  ]);
  const { packets = [], streams = [] } = JSON.parse(shown.stdout || "{}");
  const times = packets.map(({ pts_time }: Record<string, string>) =>
    Number(pts_time)
  );
  const decoded = run("ffmpeg", ["-i", path, "-f", "null", "-"]);
  return {
    times,
    fps: streams[0]?.r_frame_rate,
    complaints: shown.stderr + decoded.stderr,
  };
}

function run(program: string, args: string[]) {
  return spawnSync(program, ["-v", "error", ...args], { encoding: "utf8" });
}
