import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";

/** What somebody else wrote: one file, far away from this project. */
const PLUGIN = `
export const apiVersion = 1;
export default ({ z, media, defineSink }: any) =>
  defineSink({
    name: "sink-mean",
    schemes: ["mean"],
    description: "writes the mean brightness of a frame to a file",
    accepts: ["gray"],
    options: z.strictObject({}),
    open(format: any, { address, runtime }: any) {
      return {
        async write({ data }: any) {
          const sum = data.reduce((a: number, b: number) => a + b, 0);
          const mean = sum / media.frameBytes(format);
          const text = JSON.stringify({ ...format, mean });
          await runtime.replaceFile(address.path, [
            new TextEncoder().encode(text),
          ]);
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  });
`;

test("camagent loads a sink from a file and feeds it", async () => {
  using folder = temporaryFolder();
  const plugin = join(folder.path, "mean.ts");
  const output = join(folder.path, "mean.json");
  writeFileSync(plugin, PLUGIN, { mode: 0o644 });
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using receiver = Agent.start(
    ["recv", input, `mean:${output}`, "--plugin", "./mean.ts"],
    { cwd: folder.path },
  );
  try {
    await until(10_000, "frame in the sink", () => existsSync(output));
  } catch (error) {
    assert.fail(`${error}\n${receiver.log.join("\n")}`);
  }
  const { width, height, pixelFormat, mean } = JSON.parse(
    readFileSync(output, "utf8"),
  );
  assert.deepEqual([width, height, pixelFormat], [640, 480, "gray"]);
  assert.ok(mean > 60 && mean < 200, `${mean}`);
});

test("camagent plugin check says what a file declares", async () => {
  using folder = temporaryFolder();
  const plugin = join(folder.path, "mean.ts");
  writeFileSync(plugin, PLUGIN, { mode: 0o644 });
  await using agent = Agent.start(["plugin", "check", plugin]);
  let text = "";
  agent.stdout.on("data", (chunk) => text += chunk);
  assert.equal((await agent.exit).code, 0, agent.log.join("\n"));
  assert.match(text, /sink-mean/);
});
