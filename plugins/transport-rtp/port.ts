/**
 * Ports come in pairs: packets to an even one, reports to the next (RFC 3550,
 * section 11).
 *
 * @module
 */

/** The highest there is. */
const MAX_PORT = 65_535;

/** @returns The port of the reports; `undefined` behind the highest. */
export function reportPort(port: number): number | undefined {
  return port < MAX_PORT ? port + 1 : undefined;
}

/**
 * @returns What to think of when sending to an odd port: live555, which VLC
 * uses, takes it for the one of the reports and waits on the one below.
 */
export function oddPortAdvice(port: number): string | undefined {
  return port % 2 === 0
    ? undefined
    : `port ${port} is odd: VLC waits on ${
      port - 1
    } instead; choose an even one`;
}
