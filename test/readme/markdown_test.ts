import assert from "node:assert/strict";
import { test } from "../harness.ts";
import {
  anchorsOf,
  blocksOf,
  commandLinesOf,
  linksOf,
  rowsOf,
} from "./markdown.ts";

const PAGE = `# A page: one

See [two](b.md#c) and \`[no](link)\`.

## Code

| a | b   |
| - | --- |
| 1 | two |

\`\`\`sh
tool send "file:a b?c=d" -x  # a comment
./tool recv - | other [no](link)
# no heading
\`\`\`

\`\`\`
tool is plain text here
\`\`\`

## Last

| c |
`;

test("blocksOf returns language and code", () => {
  const [first, second] = blocksOf(PAGE);
  assert.equal(first?.language, "sh");
  assert.match(first.code, /^tool send .*\n.*\n# no heading\n$/);
  assert.deepEqual(second, { language: "", code: "tool is plain text here\n" });
});

test("linksOf returns links, but none of code", () => {
  assert.deepEqual(linksOf(PAGE), ["b.md#c"]);
});

test("anchorsOf returns what links to headings end with", () => {
  assert.deepEqual(anchorsOf(PAGE), ["a-page-one", "code", "last"]);
});

test("rowsOf returns the rows under one heading", () => {
  assert.deepEqual(rowsOf(PAGE, "Code"), [["a", "b"], ["1", "two"]]);
  assert.throws(() => rowsOf(PAGE, "Cod"), /No heading "Cod"/);
});

test("commandLinesOf returns words as a shell does", () => {
  assert.deepEqual(commandLinesOf(PAGE, "tool"), [
    ["send", "file:a b?c=d", "-x"],
    ["recv", "-"],
  ]);
});
