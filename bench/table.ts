/**
 * The figures as text that lines up, which is Markdown too where wanted.
 *
 * @module
 */

import type { Verdict } from "./budgets.ts";
import type { Usage } from "./measure.ts";
import type { Format } from "./rig.ts";
import type { Result } from "./rounds.ts";
import type { Summary } from "./statistics.ts";

/** Cells, row by row; the first row is the heading. */
export type Table = readonly (readonly string[])[];

const AGES_HEADING = [
  ...["size", "pipeline", "p50", "p95", "p99", "max", "p50 - floor"],
  ...["sent", "lost", "repeated", "fps", "first ms"],
  ...["sender %", "receiver %", "MB", "source %", "reader %"],
];

const FIRST_FRAMES_HEADING = [
  ...["size", "pipeline", "first frame ms", "p95", "max"],
  ...["its age ms", "p95", "max"],
];

/** Lays out a table; the first two columns hold words. */
export function layOut(table: Table, markdown: boolean): string {
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0))
  );
  const lines = table.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < 2 ? cell.padEnd(width) : cell.padStart(width);
    })
  );
  if (!markdown) return lines.map((row) => `${row.join("  ")}\n`).join("");
  const rule = widths.map((width, column) =>
    "-".repeat(width - 1) + (column < 2 ? "-" : ":")
  );
  return lines.toSpliced(1, 0, rule)
    .map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/**
 * The table of ages in ms; a program's own share of a core and, after the
 * plus, that of the programs it has started; memory of sender and receiver.
 */
export function agesTable(
  rows: readonly Result[],
  floorOf: (row: Result) => Summary | undefined,
): Table {
  return [
    AGES_HEADING,
    ...rows.map((row) => {
      const { format, title, summary } = row;
      const head = [sizeOf(format), title];
      if (summary === undefined) return pad([...head, "failed"], AGES_HEADING);
      const { ages, usage } = summary;
      return [
        ...head,
        ...[ages.p50, ages.p95, ages.p99, ages.max].map(tenths),
        comparison(ages.p50, floorOf(row)?.ages.p50),
        ...[summary.sent, summary.lost, summary.repeated].map(String),
        tenths(summary.fps),
        summary.firstFrame.toFixed(0),
        ...[usage.sender, usage.receiver].map(share),
        [usage.sender, usage.receiver]
          .map(({ residentMb }) => residentMb.toFixed(0)).join("/"),
        ...[usage.source, usage.reader].map(share),
      ];
    }),
  ];
}

/** The table of first frames in ms; medians first. */
export function firstFramesTable(rows: readonly Result[]): Table {
  return [
    FIRST_FRAMES_HEADING,
    ...rows.map(({ format, title, firstFrames }) => {
      const head = [sizeOf(format), title];
      if (firstFrames === undefined) {
        return pad([...head, "failed"], FIRST_FRAMES_HEADING);
      }
      const { delay, age } = firstFrames;
      const figures = [
        delay.p50,
        delay.p95,
        delay.max,
        age.p50,
        age.p95,
        age.max,
      ];
      return [...head, ...figures.map(tenths)];
    }),
  ];
}

/** One line per budget. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  return verdicts.map(({ size, what, value, limit, bound, met }) =>
    `${met ? "met   " : "MISSED"} ${size} ${what}: ` +
    `${value.toFixed(2)} (at ${bound} ${limit})\n`
  ).join("");
}

/** As it is given on the command line. */
function sizeOf({ width, height }: Format): string {
  return `${width}x${height}`;
}

function comparison(value: number, floor: number | undefined): string {
  if (floor === undefined) return "";
  const over = value - floor;
  const sign = over < 0 ? "" : "+";
  return `${sign}${tenths(over)} (${tenths(value / floor)}x)`;
}

function share({ own, children }: Usage): string {
  const percent = (of: number) => (100 * of).toFixed(0);
  return children < 0.005
    ? percent(own)
    : `${percent(own)}+${percent(children)}`;
}

function tenths(value: number): string {
  return value.toFixed(1);
}

function pad(cells: string[], heading: readonly string[]): string[] {
  return heading.map((_, column) => cells[column] ?? "");
}
