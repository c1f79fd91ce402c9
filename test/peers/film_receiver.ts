/**
 * camagent as the receiver of a film.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Agent } from "../e2e/agent.ts";
import { Frames, type RawFrame } from "../e2e/frames.ts";
import { type Clip, FRAME_BYTES } from "./clip.ts";
import { assertFramesOf } from "./film_frames.ts";

/** Reads the frames of a film from stdout. */
export class FilmReceiver implements AsyncDisposable {
  /** The port it waits on. */
  readonly port: number;
  /** The program. */
  readonly agent: ReturnType<typeof Agent.recv>;
  readonly #frames: Frames;

  private constructor(agent: ReturnType<typeof Agent.recv>, port: number) {
    this.agent = agent;
    this.port = port;
    this.#frames = new Frames(agent.stdout, FRAME_BYTES);
  }

  /** Waits until it has its port, or its port in a group. */
  static async at(address: string, sink = "-"): Promise<FilmReceiver> {
    const agent = Agent.recv(address, sink);
    const [, port] = await agent.logs(/(?:waits on|joined) \S+:(\d+)/);
    return new FilmReceiver(agent, Number(port));
  }

  /** Waits for so many frames. */
  async reach(count: number): Promise<RawFrame[]> {
    return await this.#frames.reach(count);
  }

  /**
   * Checks that every picture arrived whole, and that those frames are right
   * which decoder and reader were quick enough for.
   *
   * @param pictures How many have to come at the least.
   */
  async assertAllCome(clip: Clip, pictures: number): Promise<void> {
    const { input, sinks: [sink] } = await this.agent.says(
      ({ decoders: [decoder] }) =>
        decoder!.decoded + decoder!.dropped >= pictures,
      20_000,
    );
    const { damaged, missing, held, packets: { lost } } = input;
    assert.deepEqual([damaged, missing, held, lost], [0, 0, 0, 0]);
    // What comes while the decoder starts is too much for it.
    assert.ok(sink!.written >= pictures / 4, JSON.stringify(sink));
    assertFramesOf(clip.decode(), this.#frames.all, { gaps: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
  }
}
