import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { oneLine, redactText, shellQuote } from "./text.ts";

const secrets: [text: string, safe: string][] = [
  ["lost rtsp://me:pw@pi/a (refused)", "lost rtsp://***@pi/a (refused)"],
  ["rtsp://me:p@ss/word@pi:554", "rtsp://***@pi:554"],
  ['Cannot use "tcp://me@pi"', 'Cannot use "tcp://***@pi"'],
  ["srt://pi?passphrase=abc&mode=x", "srt://pi?passphrase=***&mode=x"],
  ["http://pi/?a=1&apiToken=abc ok", "http://pi/?a=1&apiToken=*** ok"],
  ["rtsp://pi/a?x=1#pwd=abc&loss=flag", "rtsp://pi/a?x=1#pwd=***&loss=flag"],
  ["srt://pi:1?streamid=me:pw failed", "srt://pi:1?streamid=*** failed"],
  ["rtmp://pi/live/k3y?a=1: refused", "rtmp://pi/live/*** refused"],
  ["'rtmp://pi/live' and so on", "'rtmp://pi/live' and so on"],
  ["tcp://pi:5001 mail me@home", "tcp://pi:5001 mail me@home"],
];

for (const [text, safe] of secrets) {
  test(`redactText makes "${safe}"`, () => {
    assert.equal(redactText(text), safe);
  });
}

const hostile: [name: string, text: string][] = [
  ["line breaks", "a\r\nb"],
  ["a color", "a\x1b[31m\tb"],
  ["a cursor movement", "a\x1b[2J\x07\x00 b"],
  ["a lone escape", "a\x1bb"],
  ["C1 controls", "a\x85\x9db"],
  ["a line separator", "a\u2028b"],
  ["a change of direction", "a\u202eb"],
];

for (const [name, text] of hostile) {
  test(`oneLine takes ${name} out`, () => {
    const line = oneLine(text);
    assert.match(line, /^a[ \w]*b?$/);
    assert.doesNotMatch(line, /[\p{Cc}\u2028\u202e]/u);
  });
}

test("oneLine hides secrets that escape sequences cut in two", () => {
  assert.equal(oneLine("tcp:/\x1b[0m/me:pw@pi"), "tcp://***@pi");
});

test("shellQuote quotes what a shell would change, and nothing else", () => {
  assert.equal(
    shellQuote(["ffmpeg", "-i", "tcp://pi:5001", "a b", "it's", "", "$x"]),
    "ffmpeg -i tcp://pi:5001 'a b' 'it'\\''s' '' '$x'",
  );
});
