/**
 * What text must lose before an operator sees it.
 *
 * @module
 */

import { SECRET } from "../media/address.ts";
import { stripVTControlCharacters } from "node:util";

/** Options that hide their value, as in addresses. */
const SECRET_OPTION = new RegExp(
  `([?&#][^?&#=\\s]*(?:${SECRET.source})[^?&=\\s]*=)[^&\\s"']*`,
  "gi",
);

/** What stands behind the application of RTMP: who has it may publish. */
const STREAM_KEY = /(\brtmps?:\/\/[^/\s"']*\/[^/?#\s"']*)[/?][^#\s"']*/gi;

/** Up to the last `@` of the word: passwords are often pasted as they are. */
const CREDENTIALS = /\/\/[^\s"']*@/g;

/** Controls, line separators, and what turns the direction of text round. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** Hides the credentials of every address in a text. */
export function redactText(text: string): string {
  return text.replace(CREDENTIALS, "//***@")
    .replace(STREAM_KEY, "$1/***")
    .replace(SECRET_OPTION, "$1***");
}

/**
 * Makes one harmless line of a text from anywhere: a child's stderr, a peer, a
 * path. Without secrets, line breaks, escape sequences and other controls.
 */
export function oneLine(text: string): string {
  const plain = stripVTControlCharacters(text).replace(CONTROLS, " ").trim();
  return redactText(plain);
}

/** Writes a command line so that a POSIX shell reads it back as it was. */
export function shellQuote(args: readonly string[]): string {
  return args
    .map((arg) =>
      /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`
    )
    .join(" ");
}

/** Lines up the columns of a table, whose first row is its head. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
}
