import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { CHECKS } from "./checks.ts";
import type { Check, Level } from "./finding.ts";
import type { Patient } from "./patient.ts";

/** What a machine is made of. */
interface Facts {
  /** Text of files. */
  files?: Record<string, string>;
  /** What programs write, by their command line. */
  outputs?: Record<string, string>;
  /** Ports that are taken. */
  taken?: string[];
  /** Models of cameras; those with an exclamation mark are in use. */
  cameras?: string[];
}

function made(
  { files = {}, outputs = {}, taken = [], cameras = [] }: Facts,
): Patient {
  const has = (program: string) =>
    Object.keys(outputs).some((line) => line.split(" ")[0] === program);
  return {
    has,
    read: (path) => Promise.resolve(files[path]),
    output: (...words) => Promise.resolve(outputs[words.join(" ")]),
    isFree: (protocol, port) =>
      Promise.resolve(!taken.includes(`${protocol} ${port}`)),
    cameras: () =>
      cameras.includes("broken")
        ? Promise.reject(new Error("no /dev"))
        : Promise.resolve(cameras.map((text, at) => ({
          address: `rpicam:${at}`,
          model: text.replace("!", ""),
          id: "",
          modes: [],
          busy: text.endsWith("!"),
          users: [],
        }))),
  };
}

const PI = (name: string) => ({
  "/proc/device-tree/model": `Raspberry Pi ${name}`,
});

const VERSION = "ffmpeg -hide_banner -version";
const ENCODERS = "ffmpeg -hide_banner -encoders";
const X264 = " V..... libx264              libx264 H.264 (codec h264)\n";
const M2M = " V..... h264_v4l2m2m         V4L2 mem2mem H.264 (codec h264)\n";

const RPICAM = (libav: number) =>
  "rpicam-apps build: v1.9.0 0123 20-05-2025 (12:00:00)\n" +
  `rpicam-apps capabilites: egl:0 qt:0 drm:1 libav:${libav}`;

const ROUTE = "ip -4 route get 239.1.1.1";
const CLOCK = "timedatectl show --property=NTPSynchronized --value";
const SHM = "df -k --output=avail /dev/shm";
const WIRELESS =
  "Inter-| sta-|   Quality\n face | tus | link\n wlan0: 0000   70.\n";

/** Machines, what is found, and what is to be done. */
const CASES: Record<string, [Facts, Level, text: RegExp, fix?: RegExp][]> = {
  "64-bit": [
    [{ outputs: { "getconf LONG_BIT": "64" } }, "good", /^64-bit system$/],
    [
      { outputs: { "getconf LONG_BIT": "32" } },
      "bad",
      /^32-bit system$/,
      /64-bit Raspberry Pi OS/,
    ],
  ],
  "page size": [
    [{ outputs: { "getconf PAGESIZE": "4096" } }, "good", /^4 KiB$/],
    [{ outputs: { "getconf PAGESIZE": "16384" } }, "good", /^16 KiB/],
    [
      { outputs: { "getconf PAGESIZE": "65536" } },
      "note",
      /^64 KiB/,
      /kernel=kernel8.img/,
    ],
  ],
  "model": [
    [{ files: PI("5 Model B Rev 1.0") }, "good", /^Raspberry Pi 5 Model B/],
    [{}, "good", /^no Raspberry Pi$/],
    [
      { files: { "/proc/device-tree/model": "Some Board" } },
      "good",
      /^no Raspberry Pi$/,
    ],
  ],
  "power": [
    [{}, "good", /^nobody watches it here$/],
    [
      { outputs: { "vcgencmd get_throttled": "throttled=0x0" } },
      "good",
      /^no under-voltage, not throttled$/,
    ],
    [
      { outputs: { "vcgencmd get_throttled": "throttled=0x50005" } },
      "bad",
      /^the power supply is too weak now, .*\(0x50005\)$/,
      /^use the power supply/,
    ],
    [
      { outputs: { "vcgencmd get_throttled": "throttled=0x80000" } },
      "note",
      /^it was too hot \(0x80000\)$/,
      /heat sink.*vcgencmd measure_temp$/,
    ],
  ],
  "ffmpeg": [
    [
      {
        outputs: {
          [VERSION]: "ffmpeg version 5.1.9-0+deb12u1 Copyright",
          [ENCODERS]: X264 + M2M,
        },
      },
      "good",
      /^5.1.9-0\+deb12u1 with libx264, h264_v4l2m2m$/,
    ],
    [
      { outputs: { [VERSION]: "ffmpeg version n7.1.5", [ENCODERS]: X264 } },
      "good",
      /^n7.1.5 with libx264$/,
    ],
    [{}, "bad", /^not there$/, /^sudo apt install ffmpeg$/],
    [
      { outputs: { [VERSION]: "ffmpeg version 4.3.6", [ENCODERS]: X264 } },
      "bad",
      /^4.3.6 is older than 5.1$/,
      /^sudo apt install ffmpeg$/,
    ],
    [
      { outputs: { [VERSION]: "ffmpeg version 5.1.9", [ENCODERS]: M2M } },
      "bad",
      /^5.1.9 without libx264$/,
      /^sudo apt install ffmpeg$/,
    ],
  ],
  "rpicam": [
    [
      {
        files: PI("5 Model B"),
        outputs: { "rpicam-vid --version": RPICAM(1) },
      },
      "good",
      /^rpicam-vid 1.9.0, with libav$/,
    ],
    [
      {
        files: PI("4 Model B"),
        outputs: { "rpicam-vid --version": RPICAM(0) },
      },
      "good",
      /^rpicam-vid 1.9.0, Lite, without libav$/,
    ],
    [
      {
        files: PI("4 Model B"),
        outputs: { "libcamera-vid --version": "libcamera-apps build: 0abc" },
      },
      "good",
      /^libcamera-vid 0abc, with libav$/,
    ],
    [
      {
        files: PI("5 Model B"),
        outputs: { "rpicam-vid --version": RPICAM(0) },
      },
      "note",
      /Lite, without libav: FFmpeg encodes in its place$/,
      /^sudo apt install rpicam-apps$/,
    ],
    [
      { files: PI("Zero 2 W") },
      "note",
      /^neither rpicam-vid nor libcamera-vid/,
      /^sudo apt install rpicam-apps-lite$/,
    ],
    [{}, "good", /^not needed: no Raspberry Pi$/],
  ],
  "cameras": [
    [
      { cameras: ["imx708", "imx219!"] },
      "good",
      /^rpicam:0 \(imx708\), rpicam:1 \(imx219, in use\)$/,
    ],
    [{}, "note", /^none$/, /camagent send test:$/],
    [
      { cameras: ["broken"] },
      "note",
      /^they cannot be listed: no \/dev$/,
      /^camagent cameras$/,
    ],
    [
      { files: { "/boot/firmware/config.txt": "dtparam=audio=on\n" } },
      "note",
      /^none$/,
      /^echo camera_auto_detect=1 \| sudo tee -a/,
    ],
    [
      { files: { "/boot/firmware/config.txt": "camera_auto_detect=1\n" } },
      "note",
      /^none$/,
      /both ends of its cable/,
    ],
  ],
  "groups": [
    [{ outputs: { "id -nG": "root" } }, "good", /^root may/],
    [{ outputs: { "id -nG": "pi adm video" } }, "good", /^in group video$/],
    [
      { outputs: { "id -nG": "pi adm" } },
      "note",
      /^not in group video/,
      /^sudo usermod -aG video "\$USER"/,
    ],
  ],
  "ports": [
    [{}, "good", /^tcp 5001, udp 5004, tcp 8554 free$/],
    [
      { taken: ["tcp 5001", "udp 5004"] },
      "note",
      /^tcp 5001, udp 5004 in use$/,
      /^sudo ss -lntup 'sport = :5001 or sport = :5004'/,
    ],
  ],
  "multicast": [
    [
      { outputs: { [ROUTE]: "multicast 239.1.1.1 dev eth0 src 10.0.0.2" } },
      "good",
      /^over eth0$/,
    ],
    [
      { outputs: { [ROUTE]: "multicast 239.1.1.1 dev wlan0 src 10.0.0.2" } },
      "note",
      /^over wlan0: Wi-Fi sends/,
      /rtp:\/\//,
    ],
    [{}, "note", /^no route to groups$/, /^sudo ip route add 239.0.0.0\/8/],
  ],
  "wi-fi": [
    [{}, "good", /^not used$/],
    [
      {
        files: { "/proc/net/wireless": WIRELESS },
        outputs: { "iw dev wlan0 get power_save": "Power save: off" },
      },
      "good",
      /^wlan0 saves no power$/,
    ],
    [
      {
        files: { "/proc/net/wireless": WIRELESS },
        outputs: { "iw dev wlan0 get power_save": "Power save: on" },
      },
      "note",
      /^wlan0 saves power/,
      /^sudo iw dev wlan0 set power_save off$/,
    ],
    [
      { files: { "/proc/net/wireless": WIRELESS } },
      "note",
      /^wlan0: iw is missing$/,
      /^sudo apt install iw$/,
    ],
  ],
  "clock": [
    [{ outputs: { [CLOCK]: "yes" } }, "good", /^synchronised$/],
    [
      { outputs: { [CLOCK]: "no" } },
      "note",
      /^not synchronised/,
      /^sudo timedatectl set-ntp true$/,
    ],
    [{}, "note", /^nobody says/, /^sudo timedatectl/],
  ],
  "/dev/shm": [
    [{ outputs: { [SHM]: "  Avail\n245760" } }, "good", /^246 MB free$/],
    [
      { outputs: { [SHM]: "  Avail\n 8192" } },
      "note",
      /^8 MB free: too little/,
      /^sudo mount -o remount,size=256M/,
    ],
    [{}, "note", /^not there/, /^sudo mount -t tmpfs/],
  ],
  "rmem_max": [
    [
      { files: { "/proc/sys/net/core/rmem_max": "4194304" } },
      "good",
      /^4194304 bytes$/,
    ],
    [
      { files: { "/proc/sys/net/core/rmem_max": "212992" } },
      "note",
      /^212992 bytes: bursts/,
      /^sudo sysctl -w net.core.rmem_max=4194304$/,
    ],
    [{}, "good", /^nobody says$/],
  ],
  "systemd": [
    [{ files: { "/proc/1/comm": "systemd" } }, "good", /at boot$/],
    [{ files: { "/proc/1/comm": "init" } }, "note", /^not running/, /send/],
  ],
};

function check(name: string): Check {
  return CHECKS.find((check) => check.name === name)!;
}

test("Every check of the doctor has a good and a bad case, if it can have one", () => {
  assert.deepEqual(
    Object.keys(CASES).sort(),
    CHECKS.map(({ name }) => name).sort(),
  );
  for (const [name, cases] of Object.entries(CASES)) {
    const levels = cases.map(([, level]) => level);
    assert.ok(levels.includes("good"), name);
    assert.ok(name === "model" || levels.some((level) => level !== "good"));
  }
});

for (const [name, cases] of Object.entries(CASES)) {
  for (const [facts, level, text, fix] of cases) {
    test(`The doctor says of ${name}: ${level}, ${text}`, async () => {
      const finding = await check(name).run(made(facts));
      assert.equal(finding.level, level);
      assert.match(finding.text, text);
      if (fix) assert.match(finding.fix ?? "", fix);
      else assert.equal(finding.fix, undefined);
    });
  }
}
