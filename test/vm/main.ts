/**
 * The compiled agent on a machine with V4L2 cameras: `deno task test:vm`.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const HERE = import.meta.dirname!;

/** What is tested: `deno task compile` makes it. */
const BINARY = join(HERE, "../../dist/camagent");

/** Of emulation: a minute to start, a few for the tests. */
const SECONDS = "900";

const folder = await mkdtemp(join(tmpdir(), "camagent-vm-"));
try {
  await copyFile(BINARY, join(folder, "camagent"));
  await copyFile(join(HERE, "cameras.py"), join(folder, "cameras.py"));
  const script = "#!/bin/sh\nexec python3 cameras.py\n";
  await writeFile(join(folder, "run"), script, { mode: 0o755 });
  const child = spawn(join(HERE, "boot"), [folder, SECONDS], {
    stdio: "inherit",
  });
  process.exitCode = await new Promise<number>((resolve) =>
    child.on("exit", (code) => resolve(code ?? 1))
  );
} finally {
  await rm(folder, { recursive: true });
}
