/**
 * What FFmpeg is told of a recording.
 *
 * @module
 */

/**
 * How long pictures may stay in FFmpeg's memory: what SIGKILL costs, and a
 * small part of the second that it may.
 */
const HELD_MS = 250;

/** Everything that is complete goes to the system at once. */
const AT_ONCE = ["-flush_packets", "1"];

/** FFmpeg's output options, by how a name ends. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  mkv: [...AT_ONCE, "-cluster_time_limit", `${HELD_MS}`, "-f", "matroska"],
  // Fragments: an MP4 file as others write it is worth nothing before its end.
  mp4: [
    ...AT_ONCE,
    ...["-movflags", "+empty_moov+default_base_moof+frag_keyframe"],
    ...["-frag_duration", `${HELD_MS * 1000}`, "-f", "mp4"],
  ],
  ts: [...AT_ONCE, "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts"],
};

/** Options up to the name of the file, or `undefined` for other names. */
export function formatOf(path: string): readonly string[] | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined;
}
