/**
 * What tests look for in the documentation.
 *
 * @module
 */

/** Code between two fences. */
export interface Block {
  /** What stands behind the first fence: `sh`. */
  readonly language: string;
  /** What stands between them, whole lines. */
  readonly code: string;
}

/** Returns the fenced code, in order. CommonMark 0.31.2, section 4.5. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .map(([, language = "", code = ""]) => ({ language, code }));
}

/** Returns where the links outside of code lead. */
export function linksOf(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, "")
    .replace(/`[^`]*`/g, "");
  return [...prose.matchAll(/\[[^\]]+\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!);
}

/** Returns the names that headings have in links, as GitHub makes them. */
export function anchorsOf(markdown: string): string[] {
  const prose = markdown.replace(/^```.*?^```$/gms, "");
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  );
}

/** Returns the tables under a heading, cells row by row, without their rules. */
export function rowsOf(markdown: string, heading: string): string[][] {
  const start = markdown.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`No heading "${heading}"`);
  const end = markdown.indexOf("\n## ", start + 1);
  return markdown.slice(start, end < 0 ? undefined : end).split("\n")
    .filter((line) => line.startsWith("|") && !line.startsWith("| -"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/**
 * Returns the words of every command line of this program, comments and what
 * follows a pipe left out.
 */
export function commandLinesOf(markdown: string, program: string): string[][] {
  return blocksOf(markdown)
    .filter(({ language }) => language === "sh")
    .flatMap(({ code }) => code.split("\n"))
    .map((line) => wordsOf(line.replace(/ +[#|] .*$/, "")))
    .filter(([first]) => first === program || first === `./${program}`)
    .map(([, ...words]) => words);
}

/** As a shell does, as far as the documentation needs it. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, plain]) => quoted ?? plain!);
}
