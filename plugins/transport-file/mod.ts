/**
 * Recordings: `file:out.mkv`, `file:out.mkv?segment=10m`. They play up to their
 * last second, whoever was killed while they were written, and never take the
 * place of another file.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import { formatOf } from "./format.ts";
import { freeName, segmentName } from "./name.ts";
import { record } from "./record.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** EX_CANTCREAT of sysexits.h. */
const CANNOT_CREATE = 73;

/** Records every picture; the disk may take its time. */
export default ({ z, option, media, defineTransport, ...host }: PluginHost) => {
  const { ConfigError, StreamError } = host;
  return defineTransport({
    name: "transport-file",
    schemes: ["file"],
    description: "recordings: Matroska, MP4 or MPEG-TS, as the name ends",
    options: z.strictObject({
      segment: option.duration()
        .refine((ms) => ms >= 1000, "expected a second at least, such as 10m")
        .optional()
        .meta({ description: "begins a file this often, such as 10m" }),
    }),

    async send(viewers, context) {
      const { address, options: { segment }, runtime } = context;
      const refusal = (why: string, exitCode = 64) =>
        new ConfigError(`Cannot record to "${address.redacted}": ${why}`, {
          exitCode,
        });
      const { path, host: machine } = address;
      if (path === undefined || machine !== undefined) {
        throw refusal("it names no file of this machine");
      }
      const kind = await runtime.kindOfPath(path);
      if (kind === "folder" || kind === "fifo" || kind === "socket") {
        const what = kind === "fifo" ? "named pipe" : kind;
        throw refusal(`it is a ${what}`, CANNOT_CREATE);
      }
      const isDevice = kind === "device";
      const format = formatOf(isDevice ? ".mkv" : path);
      if (format === undefined) {
        throw refusal("its name is to end in .mkv, .mp4 or .ts");
      }
      const label = path.slice(path.lastIndexOf("/") + 1);
      const overwrite = isDevice ? "-y" : "-n";

      const name = async () => {
        if (isDevice) return path;
        const wanted = segment === undefined
          ? path
          : segmentName(path, new Date(runtime.wallClock() / 1000));
        const free = await freeName(wanted, runtime);
        if (free === undefined) {
          throw refusal("too many recordings have its name", CANNOT_CREATE);
        }
        return free;
      };

      await record(viewers, context, { media, StreamError }, {
        label,
        format: [overwrite, ...format],
        name,
      });
    },
  });
};
