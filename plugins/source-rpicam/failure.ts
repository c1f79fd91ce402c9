/**
 * Why a camera ended, and what to do about it.
 *
 * @module
 */

import type { PluginHost, SourceContext } from "../../mod.ts";
import type { CaptureEnd } from "./capture.ts";
import { powerHint } from "./power.ts";
import { namesOfUsers } from "./users.ts";

/** Makes an error out of how a run ended. */
export async function failureOf(
  end: CaptureEnd,
  { address, runtime }: Pick<SourceContext<unknown>, "address" | "runtime">,
  host: PluginHost,
): Promise<Error> {
  const { ConfigError, StreamError } = host;
  const { complaint, exit, program, delivered } = end;
  const quoted = `"${address.redacted}"`;
  const refuse = (why: string, exitCode: number) =>
    new ConfigError(`Cannot open ${quoted}: ${why}`, { exitCode });
  switch (complaint?.kind) {
    case "no-camera":
      return complaint.text.startsWith("selected")
        ? refuse('there is no such camera; "camagent cameras" lists them', 66)
        : refuse(
          `${program} finds no camera; check its cable, run ` +
            '"camagent doctor", or try test:',
          66,
        );
    case "busy": {
      const users = await namesOfUsers(runtime);
      return new StreamError("refused", `${quoted} is in use${users}`);
    }
    case "cable":
      return new StreamError(
        "stalled",
        `${quoted} does not deliver: check both ends of its cable` +
          await powerHint(runtime),
      );
    case "legacy":
      return refuse(
        "the legacy camera stack is on; turn it off with " +
          '"sudo raspi-config nonint do_legacy 1" and reboot',
        78,
      );
    case "no-pi":
      return refuse("this is no Raspberry Pi; try v4l2: or test:", 69);
    case "value":
    case "option":
      if (!delivered) return refuse(`${program} says "${complaint.text}"`, 64);
  }
  const { code, signal, forced, stderrTail } = exit;
  if (code === 0) {
    return new StreamError("ended", `${program} ended by itself`);
  }
  const how = signal ? `was killed by ${signal}` : `exited with ${code}`;
  const why = complaint ? `: ${complaint.text}` : "";
  return new host.ProcessError(
    `${program} ${how}${why}${await powerHint(runtime)}`,
    {
      command: [program],
      reason: signal ? "killed" : "exited",
      exitCode: code ?? undefined,
      signal: signal ?? undefined,
      forced,
      stderrTail,
    },
  );
}
