import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { formatLog, type LogLine, openLog } from "./log.ts";

/** A record of 12:04:31, wherever the test runs. */
function record(level: LogLine["level"], message: string): LogLine {
  return {
    level,
    category: ["camagent", "recv transport-tcp"],
    message: ["", message, ""],
    timestamp: new Date(2026, 0, 2, 12, 4, 31).getTime(),
  };
}

const text = { color: true, form: "text" } as const;

test("formatLog writes time, component and message", () => {
  assert.equal(
    formatLog(record("info", "lost 192.168.1.7:5001"), text),
    "12:04:31 recv transport-tcp: lost 192.168.1.7:5001",
  );
});

test("formatLog colors warnings yellow, if told to", () => {
  const line = "12:04:31 recv transport-tcp: lost";
  const warning = record("warning", "lost");
  assert.equal(formatLog(warning, text), `\x1b[33m${line}\x1b[39m`);
  assert.equal(formatLog(warning, { ...text, color: false }), line);
});

test("formatLog leaves the time to the journal and tells it the level", () => {
  const style = { color: true, form: "journal" } as const;
  assert.equal(
    formatLog(record("info", "lost"), style),
    "<6>recv transport-tcp: lost",
  );
  assert.equal(
    formatLog(record("warning", "lost"), style),
    "<4>recv transport-tcp: lost",
  );
});

test("formatLog writes JSON where JSON is read", () => {
  const line = formatLog(record("warning", "lost"), {
    color: true,
    form: "json",
  });
  assert.deepEqual(JSON.parse(line), {
    schema: 1,
    type: "log",
    t: new Date(2026, 0, 2, 12, 4, 31).toISOString(),
    level: "warning",
    component: "recv transport-tcp",
    message: "lost",
  });
});

test("formatLog shows no credentials and no control characters", () => {
  const message = "ffmpeg: rtsp://me:pw@pi\x1b[2J\nfake line";
  assert.equal(
    formatLog(record("info", message), text),
    "12:04:31 recv transport-tcp: ffmpeg: rtsp://***@pi fake line",
  );
});

test("openLog takes braces in messages as they are", () => {
  const lines: string[] = [];
  const log = openLog({
    quiet: false,
    color: false,
    form: "journal",
    line: (line) => lines.push(line),
  });
  log("send source").info("bad {option} in {}");
  assert.deepEqual(lines, ["<6>send source: bad {option} in {}"]);
});

test("openLog logs only warnings if it is to be quiet", () => {
  const lines: string[] = [];
  const log = openLog({
    quiet: true,
    color: false,
    form: "journal",
    line: (line) => lines.push(line),
  });
  log("send").info("running");
  log("send").warn("lost");
  assert.deepEqual(lines, ["<4>send: lost"]);
});
