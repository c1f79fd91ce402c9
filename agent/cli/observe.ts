/**
 * Shows how a pipeline goes, in the one way that suits who looks on.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";
import type { Clock } from "../plugin/runtime.ts";

/** What can be shown of a pipeline. */
export interface Subject<Status> {
  /** How it goes now. */
  status(): Status;
  /** Differs whenever the state of a part does. */
  states(status: Status): string;
  /** One line for people. */
  line(status: Status, now: Milliseconds): string;
}

/** One way to show a status. */
export interface View<Status> {
  /** From one look at the status to the next. */
  readonly period: Milliseconds;
  /** Shows it, if there is something new. Called once more at the end. */
  show(status: Status): void;
  /** Resolves when everything is shown. */
  end(): Promise<void>;
}

/** Twice a second is as fast as numbers can be read. */
const LIVE_MS = ms(500);

const SUMMARY_MS = ms(10_000);

/** How late a change of state may be seen. */
const STATE_MS = ms(100);

const JSON_MS = 1_000;

/** How long the last object may take to be read. */
const LAST_MS = ms(300);

/** Shows the status until `signal` aborts, and then a last time. */
export async function observe<Status>(
  subject: Subject<Status>,
  view: View<Status>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    view.show(subject.status());
    await clock.sleep(view.period, signal).catch(() => {});
  }
  view.show(subject.status());
  await view.end();
}

/** One line that is drawn over and over, and taken away at the end. */
export function liveView<Status>(
  subject: Subject<Status>,
  clock: Clock,
  draw: (line: string) => void,
): View<Status> {
  return {
    period: LIVE_MS,
    show: (status) => draw(subject.line(status, clock.now())),
    end: () => Promise.resolve(draw("")),
  };
}

/** A log line now and then, and one at the end. */
export function summaryView<Status>(
  subject: Subject<Status>,
  clock: Clock,
  log: (line: string) => void,
): View<Status> {
  let hasBegun = false;
  return {
    period: SUMMARY_MS,
    show(status) {
      if (hasBegun) log(subject.line(status, clock.now()));
      hasBegun = true;
    },
    end: () => Promise.resolve(),
  };
}

/**
 * One JSON object per line: one per second, and one at every change of state.
 * While the reader is busy only the newest one waits.
 *
 * @param head Leading members of every object.
 */
export function jsonView<Status>(
  subject: Subject<Status>,
  clock: Clock,
  write: (line: string) => Promise<void>,
  head: Readonly<Record<string, unknown>>,
): View<Status> {
  let states: string | undefined;
  let next = 0;
  let waiting: string | undefined;
  let writing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    for (let line = waiting; line !== undefined; line = waiting) {
      waiting = undefined;
      await write(line);
    }
    writing = undefined;
  }

  return {
    period: STATE_MS,
    show(status) {
      const now = clock.now();
      const current = subject.states(status);
      if (current === states && now < next) return;
      if (current !== states || now - next > JSON_MS) next = now;
      next += JSON_MS;
      states = current;
      const t = new Date(clock.wallClock() / 1e3).toISOString();
      waiting = `${JSON.stringify({ ...head, t, ...status })}\n`;
      writing ??= drain();
    },
    // A reader that stands still does not keep us.
    end: () => Promise.race([writing, clock.sleep(LAST_MS)]),
  };
}
