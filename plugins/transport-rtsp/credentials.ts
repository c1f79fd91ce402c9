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
 * Reads them. A user alone has an empty password: to some servers it is a key.
 *
 * @returns `undefined` where there is neither a user nor a password.
 * @throws {ConfigError} If there is a password alone, or none in the file.
 */
export async function credentialsOf(
  { address, options, runtime }: PluginContext<CredentialOptions>,
  { ConfigError }: Pick<PluginHost, "ConfigError">,
): Promise<Credentials | undefined> {
  const refusal = (why: string) =>
    new ConfigError(`Cannot use "${address.redacted}": ${why}`);
  const { user: username = address.username, passwordFile } = options;
  if (username === undefined) {
    const isOpen = passwordFile === undefined && address.password === undefined;
    if (isOpen) return undefined;
    throw refusal("a password needs a user: #user=me");
  }
  if (passwordFile === undefined) {
    return { username, password: address.password ?? "" };
  }
  const bytes = await runtime.readFile(passwordFile, MAX_FILE_BYTES);
  const [password = ""] = new TextDecoder().decode(bytes).split(/\r?\n/);
  if (password === "") throw refusal("the file of the password is empty");
  return { username, password };
}
