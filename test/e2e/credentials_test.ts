import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { within } from "../faults/deadline.ts";
import { descendantsOf, livingProcesses } from "../faults/process_tree.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { FakeRtspServer } from "./rtsp_server.ts";

const DEADLINE_MS = 15_000;

/** How often the agent's children are looked at. */
const LOOK_EVERY_MS = 10;

/** Stands for what nobody may see. */
const CANARY = "c4n4ry";

/** Command lines with a secret, to a server that lets nobody in. */
const FORMS: Record<string, (server: string) => string[]> = {
  "a password of RTSP": (at) => ["recv", `rtsp://me:${CANARY}@${at}/cam`, "-"],
  "a password with raw marks": (at) => [
    ...["recv", `rtsp://me:${CANARY}@/?#:${CANARY}@${at}/cam`, "-"],
  ],
  "a password in escapes": (at) => [
    ...["recv", `rtsp://me:%40${CANARY}%2F%23@${at}/cam`, "-"],
  ],
  "a user that is a key": (at) => ["recv", `rtsp://${CANARY}@${at}/cam`, "-"],
  "a token in the server's query": (at) => [
    ...["recv", `rtsp://${at}/cam?channel=1&token=${CANARY}`, "-"],
  ],
  "a password in the server's query": (at) => [
    ...["recv", `rtsp://${at}/cam?user=me&pwd=${CANARY}`, "-"],
  ],
  "a password where there is no such option": (at) => [
    ...["recv", `rtsp://${at}/cam#password=${CANARY}`, "-"],
  ],
  "a password to publish with": (at) => [
    ...["send", "test:", `rtsp://me:${CANARY}@${at}/cam?mode=publish`],
  ],
  "a stream key of RTMP": (at) => [
    ...["send", "test:", `rtmp://${at}/live/${CANARY}?user=me`],
  ],
  "a stream id of SRT": (at) => [
    ...["send", "test:", `srt://${at}?streamid=publish:cam:me:${CANARY}`],
  ],
  "a passphrase of SRT": (at) => [
    ...["send", "test:", `srt://${at}?passphrase=${CANARY}-is-long`],
  ],
  "a passphrase that is too short": (at) => [
    ...["send", "test:", `srt://${at}?passphrase=${CANARY}`],
  ],
  "a password for TCP": (at) => ["recv", `tcp://me:${CANARY}@${at}`, "-"],
  "a password for no plugin": (at) => [
    ...["recv", `http://me:${CANARY}@${at}/cam`, "-"],
  ],
  "a password before a wrong port": () => [
    ...["recv", `rtsp://me:${CANARY}@127.0.0.1:99999/cam`, "-"],
  ],
  "a password among the plugins": (at) => [
    ...[
      "recv",
      "tcp://127.0.0.1:9",
      "-",
      "--plugin",
      `rtsp://me:${CANARY}@${at}`,
    ],
  ],
  "a password in place of a command": (at) => [`rtsp://me:${CANARY}@${at}/cam`],
};

for (const [what, lineOf] of Object.entries(FORMS)) {
  test(`camagent shows nobody ${what}`, async () => {
    const isRtsp = lineOf("").some((word) => word.startsWith("rtsp"));
    // Others would wait for an answer that they understand.
    const behaviour = isRtsp ? "locked" : "closes";
    await using server = await FakeRtspServer.listen(behaviour);
    const line = lineOf(`127.0.0.1:${server.port}`);
    const flags = line.length > 1
      ? ["--json=stderr", "--max-retries=0", "--verbose"]
      : [];
    await using agent = Agent.start([...line, ...flags]);
    const seen = new Set<string>();
    const looking = setInterval(() => look(agent.pid, seen), LOOK_EVERY_MS);
    try {
      const [output, exit] = await within(
        DEADLINE_MS,
        "end",
        Promise.all([text(agent.stdout), agent.exit]),
      );
      assert.notEqual(exit.code, 0);
      seen.add(output);
    } finally {
      clearInterval(looking);
    }
    const all = [...seen, ...agent.log, JSON.stringify(agent.status)];
    assert.ok(agent.log.length > 0);
    assert.deepEqual(all.filter((said) => said?.includes(CANARY)), []);
  });
}

test("camagent shows no password in what it would start", async () => {
  const lines = [
    ["recv", `rtsp://me:${CANARY}@127.0.0.1/cam`, "-"],
    ["send", "test:", `rtmp://127.0.0.1/live/${CANARY}`],
    ["send", "test:", `srt://127.0.0.1:1?passphrase=${CANARY}-is-long`],
    ["send", "test:", `rtsp://me:${CANARY}@127.0.0.1/cam?mode=publish`],
  ];
  for (const line of lines) {
    await using agent = Agent.start([...line, "--dry-run"]);
    const output = await within(DEADLINE_MS, "end", text(agent.stdout));
    assert.match(output, /^ffmpeg /m);
    assert.doesNotMatch(output + agent.log.join(), new RegExp(CANARY));
  }
});

/** Anybody may list processes and their arguments. */
function look(pid: number, seen: Set<string>): void {
  const own = livingProcesses().find((entry) => entry.pid === pid)?.command;
  for (const child of descendantsOf(pid)) {
    // Until it is another program, a child has the agent's arguments.
    if (child.command.join() === own?.join()) continue;
    seen.add(child.command.join(" "));
    try {
      seen.add(readFileSync(`/proc/${child.pid}/environ`, "latin1"));
    } catch {
      // It is gone.
    }
  }
}
