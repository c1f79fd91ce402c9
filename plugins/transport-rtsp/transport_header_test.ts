import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import {
  readTransports,
  type TransportOffer,
  writeTransport,
} from "./transport_header.ts";

const UDP = { lower: "udp", multicast: false, mode: "PLAY" };
const TCP = { ...UDP, lower: "tcp" };

for (
  const [text, offers] of Object.entries({
    "RTP/AVP;unicast;client_port=5000-5001": [
      { ...UDP, clientPort: [5000, 5001] },
    ],
    "RTP/AVP/UDP;unicast;client_port=5000": [
      { ...UDP, clientPort: [5000, 5001] },
    ],
    "RTP/AVP;unicast;client_port=5000-6000": [
      { ...UDP, clientPort: [5000, 6000] },
    ],
    "RTP/AVP/TCP;unicast;interleaved=2-3": [{ ...TCP, interleaved: [2, 3] }],
    "rtp/avp/tcp": [TCP],
    "RTP/AVP;multicast;destination=239.1.1.1;port=7000-7001;ttl=300": [{
      ...UDP,
      multicast: true,
      destination: "239.1.1.1",
      port: [7000, 7001],
      ttl: 255,
    }],
    "RTP/AVP;unicast;client_port=1-2;server_port=3-4;ssrc=00ABCDEF;source=h": [{
      ...UDP,
      clientPort: [1, 2],
      serverPort: [3, 4],
      ssrc: 0xabcdef,
      source: "h",
    }],
    'RTP/AVP; unicast ; client_port=1-2 ; mode="record"': [
      { ...UDP, clientPort: [1, 2], mode: "RECORD" },
    ],
    "RTP/AVP;client_port=1-2,RTP/AVP/TCP;interleaved=0-1": [
      { ...UDP, clientPort: [1, 2] },
      { ...TCP, interleaved: [0, 1] },
    ],
    "": [],
    ",,,": [],
    "RTP/SAVP;unicast;client_port=1-2": [],
    "RAW/RAW/UDP;unicast;client_port=1-2": [],
    "RTP/AVP;client_port=1-1": [],
    "RTP/AVP;client_port=65535": [],
    "RTP/AVP;client_port=1-65536": [],
    "RTP/AVP;client_port=-1": [],
    "RTP/AVP;client_port=1-": [],
    "RTP/AVP;client_port=": [],
    "RTP/AVP;client_port=1-2-3": [],
    "RTP/AVP;client_port=0x10-0x11": [],
    "RTP/AVP;client_port=9999999999": [],
    "RTP/AVP/TCP;interleaved=255": [],
    "RTP/AVP/TCP;interleaved=256-257": [],
    "RTP/AVP/TCP;interleaved=a-b": [],
    "RTP/AVP/TCP;ssrc=nonsense": [TCP],
    "RTP/AVP/TCP;ssrc=123456789": [TCP],
    "RTP/AVP/TCP;ttl=-1": [TCP],
    "RTP/AVP/TCP;__proto__=1;constructor=2": [TCP],
    "RTP/AVP/TCP;;;=;": [TCP],
  })
) {
  test(`readTransports() reads "${text}"`, () => {
    assert.deepEqual(readTransports(text), offers);
  });
}

test("readTransports() reads no more than 16", () => {
  assert.equal(readTransports("RTP/AVP,".repeat(1000)).length, 16);
});

test("readTransports() reads what writeTransport() writes", () => {
  const unicast = { multicast: false, mode: "PLAY" } as const;
  const offers: TransportOffer[] = [
    {
      ...{ ...unicast, lower: "udp", ssrc: 7 },
      ...{ clientPort: [1, 2], serverPort: [3, 4] },
    },
    { ...unicast, lower: "tcp", interleaved: [4, 5], source: "10.0.0.1" },
    {
      ...{ lower: "udp", multicast: true, mode: "PLAY", ttl: 3 },
      ...{ destination: "239.1.1.1", port: [6, 7] },
    },
  ];
  for (const offer of offers) {
    assert.deepEqual(readTransports(writeTransport(offer)), [offer]);
  }
});
