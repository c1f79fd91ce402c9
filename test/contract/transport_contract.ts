/**
 * What every transport promises, as tests. A transport's own test file calls
 * {@linkcode testTransport} and adds only what is particular to it.
 *
 * @module
 */

import type { PluginModule } from "../../agent/plugin/host.ts";
import { declarationChecks, declare } from "./declaration.ts";
import { receiveChecks } from "./receive_contract.ts";
import { sendChecks } from "./send_contract.ts";
import { type Check, register, type Skip } from "./suite.ts";
import type { ReceiveCase, SendCase } from "./transport_case.ts";

export type {
  RawReader,
  RawSender,
  ReceiveCase,
  SendCase,
} from "./transport_case.ts";

/** How cases are made: a direction the transport lacks is left out. */
export interface TransportCases {
  /** Makes a fresh case of sending for each test. */
  send?(): SendCase | Promise<SendCase>;
  /** Makes a fresh case of receiving for each test. */
  receive?(): ReceiveCase | Promise<ReceiveCase>;
}

/**
 * Registers the contract as tests.
 *
 * @param module The plugin file under test.
 * @param cases Makes the cases.
 * @param skips What the transport does not promise, and why.
 * @param subject What the names of the tests begin with.
 */
export function testTransport(
  module: PluginModule,
  cases: TransportCases,
  skips: readonly Skip[] = [],
  subject: string = declare(module, "transport").name,
): void {
  register(subject, transportContract(module, cases), skips);
}

/** The contract, check by check. */
export function transportContract(
  module: PluginModule,
  { send, receive }: TransportCases,
): Check[] {
  const plugin = declare(module, "transport");
  return [
    ...declarationChecks(module),
    ...(send ? sendChecks(plugin, send) : []),
    ...(receive ? receiveChecks(plugin, receive) : []),
  ];
}
