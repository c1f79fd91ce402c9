/**
 * Whom a server is to let in, or who we say that we are.
 *
 * @module
 */

import type { PluginContext, PluginHost } from "../../mod.ts";

/** A user and a password. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What an address may say of them, besides those that stand in it. */
export interface CredentialOptions {
  readonly user?: string | undefined;
  /** A file, of which the first line is the password. */
  readonly passwordFile?: string | undefined;
}

/** Far more than a password. */
const MAX_FILE_BYTES = 65_536;

/**
 * Reads them.
 *
 * @returns `undefined` where there is neither a user nor a password.
 * @throws {ConfigError} If one of the two is missing, or the file cannot be
 * read.
 */
export async function credentialsOf(
  { address, options, runtime, log }: PluginContext<CredentialOptions>,
  { ConfigError }: Pick<PluginHost, "ConfigError">,
): Promise<Credentials | undefined> {
  const refusal = (why: string) =>
    new ConfigError(`Cannot use "${address.redacted}": ${why}`);
  const { user = address.username, passwordFile } = options;
  if (passwordFile === undefined && address.password === undefined) {
    if (user === undefined) return undefined;
    throw refusal("a user needs a password: #user=me&passwordFile=FILE");
  }
  if (user === undefined) throw refusal("a password needs a user: #user=me");
  if (passwordFile === undefined) {
    log.warn(
      "everybody on this machine can read the password in the command line; " +
        "a file is better: #user=me&passwordFile=FILE",
    );
    return { username: user, password: address.password! };
  }
  const bytes = await runtime.readFile(passwordFile, MAX_FILE_BYTES);
  const [password = ""] = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (password === "") throw refusal("the file of the password is empty");
  return { username: user, password };
}
