/**
 * The machine itself.
 *
 * @module
 */

import { bad, type Check, good, note } from "./finding.ts";

/**
 * Memory for three slots of 1920x1080 in three bytes a pixel, twice: while the
 * size changes, the old ones are still there.
 */
const SHM_KB = 40_000;

/** Word size, pages, memory, and who starts programs. */
export const SYSTEM_CHECKS: readonly Check[] = [
  {
    name: "64-bit",
    async run(patient) {
      const bits = await patient.output("getconf", "LONG_BIT");
      if (bits === "64" || bits === undefined) return good("64-bit system");
      return bad(
        `${bits}-bit system`,
        "install the 64-bit Raspberry Pi OS: https://www.raspberrypi.com/software/",
      );
    },
  },
  {
    name: "page size",
    async run(patient) {
      const bytes = Number(await patient.output("getconf", "PAGESIZE") ?? 4096);
      if (bytes === 4096) return good("4 KiB");
      if (bytes === 16384) {
        return good("16 KiB: a binary has to be made for it, as ours is");
      }
      return note(
        `${bytes / 1024} KiB: no binary of ours was tried with it`,
        "echo kernel=kernel8.img | sudo tee -a /boot/firmware/config.txt && sudo reboot",
      );
    },
  },
  {
    name: "/dev/shm",
    async run(patient) {
      const text = await patient.output(
        "df",
        "-k",
        "--output=avail",
        "/dev/shm",
      );
      const free = Number(text?.split("\n").at(-1)?.trim() || NaN);
      if (Number.isNaN(free)) {
        return note(
          "not there: no shm: sinks",
          "sudo mount -t tmpfs -o size=256M tmpfs /dev/shm",
        );
      }
      const megabytes = `${Math.round(free / 1000)} MB free`;
      return free >= SHM_KB ? good(megabytes) : note(
        `${megabytes}: too little for 1920x1080`,
        "sudo mount -o remount,size=256M /dev/shm",
      );
    },
  },
  {
    name: "systemd",
    async run(patient) {
      if (await patient.read("/proc/1/comm") === "systemd") {
        return good("it can start camagent at boot");
      }
      return note(
        "not running: camagent starts by hand",
        "camagent send, from whatever starts programs here",
      );
    },
  },
];
