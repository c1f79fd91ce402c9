/**
 * What the contract of transports has to be told about one of them.
 *
 * @module
 */

import type { CaseRuntime } from "./suite.ts";

/** A program that receives what the transport under test sends. */
export interface RawReader {
  /** The byte stream that arrived, without what the protocol adds. */
  received(): Uint8Array;
  /** Resolves when the transport has ended the stream. */
  readonly ended: Promise<unknown>;
  /** Stops reading, and stays. */
  pause(): void;
  /** Leaves. */
  leave(): void | Promise<void>;
}

/** A transport that sends. */
export interface SendCase {
  /** The address, as a user would give it. */
  readonly address: string;
  /** The machine to hand to the plugin. */
  readonly runtime: CaseRuntime;
  /**
   * Whether the transport connects to its receivers by itself; else it says
   * when they can come.
   */
  readonly dials?: boolean;
  /**
   * Opens the stream as a foreign program does, or waits for it.
   *
   * @param port What the transport said when it was ready.
   */
  watch(port: number | undefined): Promise<RawReader>;
  /** Cleans up behind the test. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** A program that sends what the transport under test receives. */
export interface RawSender {
  /** Sends one access unit, as it goes over the wire. */
  send(data: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Ends the stream in good order. */
  end(): void;
  /** Breaks off, as a machine does that is switched off and on. */
  reset(): void;
}

/** A transport that receives. */
export interface ReceiveCase {
  /** The address, as a user would give it. */
  readonly address: string;
  /** The machine to hand to the plugin. */
  readonly runtime: CaseRuntime;
  /**
   * Whether nothing tells that the sender has gone: the stream stays open for
   * the next one.
   */
  readonly connectionless?: boolean;
  /** Waits for the connection with the transport, or makes it. */
  sender(): Promise<RawSender>;
  /** An address where nobody is. */
  readonly nobody?: string;
  /** An address where somebody is and does not answer. */
  readonly silent?: string;
  /** Cleans up behind the test. */
  [Symbol.asyncDispose]?(): Promise<void>;
}
