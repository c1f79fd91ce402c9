/**
 * What may keep camagent from working well, and what to do about it.
 *
 * @module
 */

import type { Patient } from "./machine.ts";

/** How bad it is: `bad` is what camagent cannot work with. */
export type Level = "good" | "note" | "bad";

/** What a check has found. */
export interface Finding {
  /** How bad it is. */
  readonly level: Level;
  /** What is there. */
  readonly text: string;
  /** The command that mends it; absent where all is well. */
  readonly fix?: string;
}

/** One thing to look at. */
export interface Check {
  /** What it is about. */
  readonly name: string;
  /** Looks. */
  run(patient: Patient): Promise<Finding>;
}

const good = (text: string): Finding => ({ level: "good", text });
const note = (text: string, fix: string): Finding => ({
  level: "note",
  text,
  fix,
});
const bad = (text: string, fix: string): Finding => ({
  level: "bad",
  text,
  fix,
});

const MODEL = "/proc/device-tree/model";

async function modelOf(patient: Patient): Promise<string | undefined> {
  const model = await patient.read(MODEL);
  return model?.startsWith("Raspberry Pi") ? model : undefined;
}

/** The programs of a Raspberry Pi's camera, and what they were called. */
const RPICAM = ["rpicam-vid", "libcamera-vid"];

/** FFmpeg of Raspberry Pi OS Bookworm. */
const OLDEST_FFMPEG = [5, 1] as const;

/**
 * Memory for three slots of 1920x1080 in three bytes a pixel, twice: while the
 * size changes, the old ones are still there.
 */
const SHM_KB = 40_000;

/** What receivers ask for; the system grants no more than its limit. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Bits of `vcgencmd get_throttled`, by Raspberry Pi's documentation. */
const THROTTLED: readonly [bit: number, what: string][] = [
  [0, "the power supply is too weak now"],
  [1, "the processor is slowed down now"],
  [2, "the processor is throttled now"],
  [3, "it is too hot now"],
  [16, "the power supply was too weak"],
  [17, "the processor was slowed down"],
  [18, "the processor was throttled"],
  [19, "it was too hot"],
];

/** Those that are not over. */
const NOW = 0xf;

/** Every check, in the order of the table. */
export const CHECKS: readonly Check[] = [
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
    name: "model",
    async run(patient) {
      return good(await modelOf(patient) ?? "no Raspberry Pi");
    },
  },
  {
    name: "power",
    async run(patient) {
      const text = await patient.output("vcgencmd", "get_throttled");
      const flags = /^throttled=(0x[0-9a-f]+)$/.exec(text ?? "")?.[1];
      if (flags === undefined) return good("nobody watches it here");
      const bits = Number(flags);
      if (bits === 0) return good("no under-voltage, not throttled");
      const found = THROTTLED.filter(([bit]) => bits >>> bit & 1)
        .map(([, what]) => what);
      const fix = found.some((what) => what.includes("power"))
        ? "use the power supply made for this model, then: vcgencmd get_throttled"
        : "give it a heat sink or a fan, then: vcgencmd measure_temp";
      const message = `${found.join(", ")} (${flags})`;
      return bits & NOW ? bad(message, fix) : note(message, fix);
    },
  },
  {
    name: "ffmpeg",
    async run(patient) {
      const install = "sudo apt install ffmpeg";
      const text = await patient.output("ffmpeg", "-hide_banner", "-version");
      if (text === undefined) return bad("not there", install);
      const [, version = "?", major, minor] =
        /^ffmpeg version (n?(\d+)\.(\d+)\S*)/.exec(text) ?? [];
      const [oldest, oldestMinor] = OLDEST_FFMPEG;
      const isOld = Number(major) < oldest ||
        Number(major) === oldest && Number(minor) < oldestMinor;
      if (isOld) return bad(`${version} is older than 5.1`, install);
      const encoders = await patient.output(
        "ffmpeg",
        "-hide_banner",
        "-encoders",
      ) ?? "";
      const can = ["libx264", "h264_v4l2m2m", "h264_vaapi", "h264_nvenc"]
        .filter((name) => encoders.includes(` ${name} `));
      if (!can.includes("libx264")) {
        return bad(`${version} without libx264`, install);
      }
      return good(`${version} with ${can.join(", ")}`);
    },
  },
  {
    name: "rpicam",
    async run(patient) {
      const isPi = await modelOf(patient) !== undefined;
      const program = RPICAM.find((name) => patient.has(name));
      if (program === undefined) {
        return isPi
          ? note(
            "neither rpicam-vid nor libcamera-vid: no camera at a camera port",
            "sudo apt install rpicam-apps-lite",
          )
          : good("not needed: no Raspberry Pi");
      }
      const text = await patient.output(program, "--version") ?? "";
      const version = /build: v?(\S+)/.exec(text)?.[1] ?? "of unknown version";
      // Before they told what they can do, all of them could.
      const isLite = /libav:0/.test(text);
      const how = isLite ? "Lite, without libav" : "with libav";
      const model = await modelOf(patient) ?? "";
      if (!isLite || !/ 5\b|500| Compute Module 5/.test(model)) {
        return good(`${program} ${version}, ${how}`);
      }
      return note(
        `${program} ${version}, ${how}: FFmpeg encodes in its place`,
        "sudo apt install rpicam-apps",
      );
    },
  },
  {
    name: "cameras",
    async run(patient) {
      const cameras = await patient.cameras();
      if (cameras.length > 0) {
        return good(
          cameras.map(({ address, model, busy }) =>
            `${address} (${model}${busy ? ", in use" : ""})`
          ).join(", "),
        );
      }
      const config = await patient.read("/boot/firmware/config.txt");
      const detects = config === undefined ||
        /^camera_auto_detect=1/m.test(config) ||
        /^dtoverlay=(imx|ov)\d+/m.test(config);
      return note(
        "none",
        detects
          ? "plug one in, both ends of its cable; without one: camagent send test:"
          : "echo camera_auto_detect=1 | sudo tee -a /boot/firmware/config.txt && sudo reboot",
      );
    },
  },
  {
    name: "groups",
    async run(patient) {
      const groups = (await patient.output("id", "-nG") ?? "").split(/\s+/);
      if (groups.includes("root")) return good("root may open everything");
      if (groups.includes("video")) return good("in group video");
      return note(
        "not in group video: cameras cannot be opened",
        'sudo usermod -aG video "$USER", then log in again',
      );
    },
  },
  {
    name: "ports",
    async run(patient) {
      const wanted = [["tcp", 5001], ["udp", 5004], ["tcp", 8554]] as const;
      const taken: string[] = [];
      for (const [protocol, port] of wanted) {
        if (!await patient.isFree(protocol, port)) {
          taken.push(`${protocol} ${port}`);
        }
      }
      if (taken.length === 0) return good("tcp 5001, udp 5004, tcp 8554 free");
      const ports = taken.map((text) => `sport = :${text.split(" ")[1]}`);
      return note(
        `${taken.join(", ")} in use`,
        `sudo ss -lntup '${
          ports.join(" or ")
        }' says by whom; or give another ` +
          "port: camagent send tcp://0.0.0.0:5002",
      );
    },
  },
  {
    name: "multicast",
    async run(patient) {
      const text = await patient.output(
        "ip",
        "-4",
        "route",
        "get",
        "239.1.1.1",
      );
      const device = /\bdev (\S+)/.exec(text ?? "")?.[1];
      if (device === undefined) {
        return note(
          "no route to groups",
          "sudo ip route add 239.0.0.0/8 dev eth0",
        );
      }
      return /^wl/.test(device)
        ? note(
          `over ${device}: Wi-Fi sends to groups at its lowest rate`,
          "send to one receiver: camagent send rtp://<address>:5004",
        )
        : good(`over ${device}`);
    },
  },
  {
    name: "wi-fi",
    async run(patient) {
      const text = await patient.read("/proc/net/wireless") ?? "";
      const device = /^\s*(\w+):/m.exec(text)?.[1];
      if (device === undefined) return good("not used");
      const saving = await patient.output(
        "iw",
        "dev",
        device,
        "get",
        "power_save",
      );
      if (saving === undefined) {
        return note(`${device}: iw is missing`, "sudo apt install iw");
      }
      return /: on/.test(saving)
        ? note(
          `${device} saves power: pictures wait up to 100 ms`,
          `sudo iw dev ${device} set power_save off`,
        )
        : good(`${device} saves no power`);
    },
  },
  {
    name: "clock",
    async run(patient) {
      const text = await patient.output(
        "timedatectl",
        "show",
        "--property=NTPSynchronized",
        "--value",
      );
      if (text === "yes") return good("synchronised");
      const why = text === "no" ? "not synchronised" : "nobody says";
      return note(
        `${why}: ages between machines are wrong by as much`,
        "sudo timedatectl set-ntp true",
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
    name: "rmem_max",
    async run(patient) {
      const text = await patient.read("/proc/sys/net/core/rmem_max");
      const bytes = Number(text);
      if (text === undefined) return good("nobody says");
      if (bytes >= RECEIVE_BUFFER) return good(`${bytes} bytes`);
      return note(
        `${bytes} bytes: bursts over UDP are lost while the machine is busy`,
        `sudo sysctl -w net.core.rmem_max=${RECEIVE_BUFFER}`,
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
