/**
 * Shows the whole way of a picture on this machine, without a camera: `deno
 * task demo [--no-install]`.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { sendLine } from "../agent/cli/status_line.ts";
