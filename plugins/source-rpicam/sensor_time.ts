/**
 * When the sensor took a picture.
 *
 * @module
 */

/** What `--metadata-format txt` writes of it, in nanoseconds since boot. */
const SENSOR_TIME = /^SensorTimestamp=(\d{1,18})$/;

/** Reads a line of metadata: microseconds, if it tells the time. */
export function sensorTime(line: string): number | undefined {
  const nanoseconds = SENSOR_TIME.exec(line)?.[1];
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1000;
}
