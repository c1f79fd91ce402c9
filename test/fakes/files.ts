/**
 * A file system of a few paths.
 *
 * @module
 */

import { ConfigError } from "../../agent/errors.ts";
import { concat } from "../../agent/media/bytes.ts";
import type { PathKind, Runtime } from "../../agent/plugin/runtime.ts";
import { settle } from "./clock.ts";

/** What stands at a path. */
export interface FakeFile {
  /** What it is. */
  kind: PathKind;
  /** What is in it. */
  content?: Uint8Array<ArrayBuffer>;
  /** Its permission bits. */
  mode?: number;
  /** Whether we may not read it. */
  locked?: boolean;
}

/** The part of a {@linkcode Runtime} that deals with files. */
export class FakeFiles
  implements
    Pick<Runtime, "kindOfPath" | "readFile" | "replaceFile" | "removeFile"> {
  /** What there is, by path. */
  readonly paths = new Map<string, FakeFile>();

  /** The text of a file. */
  text(path: string): string | undefined {
    const content = this.paths.get(path)?.content;
    return content && new TextDecoder().decode(content);
  }

  /** As the contract says. */
  kindOfPath(path: string): Promise<PathKind | undefined> {
    const file = this.paths.get(path);
    if (!file?.locked) return Promise.resolve(file?.kind);
    return Promise.reject(
      new ConfigError(`Cannot read "${path}": no permission`, { exitCode: 77 }),
    );
  }

  /** As the contract says. */
  async readFile(path: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
    await settle();
    const refuse = (why: string) =>
      new ConfigError(`Cannot read "${path}": ${why}`, { exitCode: 66 });
    const { content } = this.paths.get(path) ?? {};
    if (content === undefined) throw refuse("no such file");
    if (content.length > most) throw refuse(`it has more than ${most} bytes`);
    return content.slice();
  }

  /** Reads the parts late: whoever does not wait loses what it has borrowed. */
  async replaceFile(
    path: string,
    parts: Iterable<Uint8Array>,
    mode = 0o600,
  ): Promise<void> {
    const views = [...parts];
    await settle();
    this.paths.set(path, { kind: "file", content: concat(...views), mode });
  }

  /** As the contract says. */
  removeFile(path: string): Promise<void> {
    this.paths.delete(path);
    return Promise.resolve();
  }
}
