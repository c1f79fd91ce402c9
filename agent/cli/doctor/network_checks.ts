/**
 * What pictures go through.
 *
 * @module
 */

import { type Check, good, note } from "./finding.ts";

/** What receivers ask for; the system grants no more than its limit. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** Ports, groups, Wi-Fi, the clock, and buffers. */
export const NETWORK_CHECKS: readonly Check[] = [
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
];
