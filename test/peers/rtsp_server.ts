/**
 * GStreamer as an RTSP server.
 *
 * @module
 */

import { join } from "node:path";
import { Program, pythonWith } from "./program.ts";

const SERVER = join(import.meta.dirname!, "rtsp_server.py");

/** Runs one. */
export class GstRtspServer implements AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  /**
   * Starts it.
   *
   * @param launch What it sends, or does with what it is sent.
   * @param method Of a password: none, basic or digest.
   */
  static async serve(
    launch: string,
    method = "none",
    port = 0,
    mode: "play" | "record" = "play",
  ): Promise<GstRtspServer> {
    const python = pythonWith("gi");
    const program = new Program([
      ...[python, SERVER, launch, method, `${port}`, mode],
    ]);
    const [line] = await program.says(/^port \d+/);
    return new GstRtspServer(program, Number(line!.split(" ")[1]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
