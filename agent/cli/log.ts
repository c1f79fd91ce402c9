/**
 * Log lines for the operator. The only importer of LogTape.
 *
 * @module
 */

import { styleText } from "node:util";
import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import type { Logger } from "../plugin/context.ts";
import { oneLine } from "./text.ts";

/** How lines look. */
export interface LogStyle {
  /** Whether warnings are colored. */
  color: boolean;
  /**
   * For a screen or a file; for the systemd journal, which knows the time and
   * wants a level; or one JSON object each.
   */
  form: "text" | "journal" | "json";
}

/** What is logged, and where to. */
export interface LogOptions extends LogStyle {
  /** Whether only warnings are logged. */
  quiet: boolean;
  /** Takes each line, without its end. */
  line(text: string): void;
}

/** Levels of syslog, as `sd-daemon(3)` writes them. */
const PRIORITY: Record<string, string> = {
  info: "<6>",
  warning: "<4>",
  error: "<3>",
  fatal: "<2>",
};

/**
 * Opens the log.
 *
 * @returns Makes the log of a component, such as `recv transport-tcp`.
 */
export function openLog(options: LogOptions): (component: string) => Logger {
  const sink = (record: LogRecord) => options.line(formatLog(record, options));
  configureSync({
    reset: true,
    sinks: { sink },
    loggers: [
      {
        category: "camagent",
        lowestLevel: options.quiet ? "warning" : "info",
        sinks: ["sink"],
      },
      {
        category: ["logtape", "meta"],
        lowestLevel: "warning",
        sinks: ["sink"],
      },
    ],
  });
  return (component) => {
    const logger = getLogger(["camagent", component]);
    // As a property: braces in a message are no placeholders.
    return {
      info: (message) => logger.info("{message}", { message }),
      warn: (message) => logger.warn("{message}", { message }),
    };
  };
}

/** What of a LogTape record a line is made of. */
export type LogLine = Pick<
  LogRecord,
  "category" | "level" | "message" | "timestamp"
>;

/** `12:04:31 recv transport-tcp: lost 192.168.1.7:5001`. */
export function formatLog(record: LogLine, style: LogStyle): string {
  const { level, timestamp } = record;
  const component = String(record.category.at(-1));
  const message = oneLine(record.message.join(""));
  const text = `${component}: ${message}`;
  const date = new Date(timestamp);
  switch (style.form) {
    case "json": {
      const t = date.toISOString();
      const head = { schema: 1, type: "log", t, level };
      return JSON.stringify({ ...head, component, message });
    }
    case "journal":
      return (PRIORITY[level] ?? "<7>") + text;
    case "text": {
      const line = `${date.toTimeString().slice(0, 8)} ${text}`;
      if (level === "info" || !style.color) return line;
      return styleText("yellow", line, { validateStream: false });
    }
  }
}
