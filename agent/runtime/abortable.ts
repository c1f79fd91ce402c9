/**
 * Waiting that can be given up.
 *
 * @module
 */

/**
 * Waits for a promise for as long as `signal` lets it. Leaves nothing behind on
 * the signal, so that it may be called for every frame.
 *
 * @throws What the promise rejects with, or the signal's reason; the promise
 * goes on unseen then.
 */
export async function abortable<T>(
  promise: T | PromiseLike<T>,
  signal: AbortSignal,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
