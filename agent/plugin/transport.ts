/**
 * The contract of transports: how access units travel.
 *
 * @module
 */

import type { AccessUnit } from "../media/access_unit.ts";
import type { Milliseconds } from "../media/time.ts";
import type { OptionsSchema, PluginContext } from "./context.ts";

/**
 * One access unit as it goes over the wire: with parameter sets in front of a
 * keyframe and the next unit's delimiter behind, so that the receiver knows at
 * once that it is complete. `data` is shared by all viewers: not to be
 * changed.
 */
export type WireUnit = Pick<
  AccessUnit,
  "data" | "pts" | "keyframe" | "recoveryPoint"
>;

/** One receiver of the stream, with a bounded queue of its own. */
export interface Viewer extends Disposable {
  /**
   * The access units to send, the first one a keyframe. While one is being
   * sent the others wait; what has waited too long is dropped up to a
   * keyframe. Ends when the agent stops.
   */
  readonly units: AsyncIterable<WireUnit>;
}

/** Where a transport announces who receives. */
export interface Viewers {
  /**
   * The latest unit that has parameter sets, which tell what is sent; absent
   * while nothing is.
   */
  readonly entry?: WireUnit | undefined;
  /**
   * Adds a viewer, which gets the pictures since the last keyframe at once.
   *
   * @param label Who it is, for logs and status: `192.168.1.7:40312`.
   * @param patience How long a unit may wait for it. Omit where pictures are to
   * be seen: what is late by much is of no use to anybody.
   * @returns The viewer; disposing it ends it.
   */
  open(label: string, patience?: Milliseconds): Viewer;
}

/** What FFmpeg is to make of access units, without encoding them anew. */
export interface MuxerJob {
  /**
   * FFmpeg's output options and the output, built from checked options only.
   * Anybody on this machine may read them.
   */
  readonly output: readonly string[];
  /**
   * Further output options, by FFmpeg's names, that nobody else may read:
   * neither they nor their values hold a line break.
   */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** FFmpeg, taking access units. Disposing ends it. */
export interface Muxer extends AsyncDisposable {
  /** Rejects when FFmpeg is gone, whatever its exit code. */
  readonly failed: Promise<never>;
  /**
   * Hands it a unit, borrowed until the promise settles; the first one is a
   * keyframe with parameter sets. Its time counts from the first one's.
   *
   * @returns Resolves when the system has taken the unit; the first one when
   * FFmpeg has opened the output.
   * @throws {StreamError} "stalled" if that takes 5 s; {@linkcode ProcessError}
   * if FFmpeg failed.
   */
  write(unit: WireUnit): Promise<void>;
  /**
   * Nothing more will come. Resolves when the output is complete.
   *
   * @throws {ProcessError} If FFmpeg failed.
   */
  end(): Promise<void>;
}

/**
 * What the agent hands to a transport that is to send.
 *
 * @typeParam Options The plugin's checked options.
 */
export interface SendContext<Options> extends PluginContext<Options> {
  /**
   * Starts FFmpeg, which writes containers and speaks protocols that plugins
   * need not know. It ends when `signal` aborts.
   *
   * @throws {ProcessError} "not-found" if there is none.
   */
  openMuxer(job: MuxerJob): Promise<Muxer>;
  /**
   * Has FFmpeg send the stream to a server, which counts as a viewer, until
   * `signal` aborts.
   *
   * @param server Names it, in logs and status.
   * @throws {ConfigError} If the server wants other credentials;
   * {@linkcode StreamError} "refused" if it does not answer, "ended" if the
   * stream has ended; {@linkcode ProcessError} if FFmpeg failed otherwise.
   */
  publish(job: MuxerJob, viewers: Viewers, server: string): Promise<never>;
}

/** What receivers have to know. */
export interface Announcement {
  /** Where it differs from the address's. */
  readonly port?: number;
  /** The session description that players want, where they do. */
  readonly sdp?: string;
}

/** Bytes whose boundaries mean nothing; the agent finds the pictures. */
export interface ByteIngest {
  /** Tells the shapes of ingest apart. */
  readonly type: "bytes";
  /** Each chunk is borrowed until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** One of the packets of a stream, of which any may be missing. */
export interface IngestDatagram {
  /** Its bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Who sent it: `192.168.1.7:5004`. */
  readonly peer: string;
}

/**
 * Pieces of a byte stream, of which any may be missing, from anybody; the
 * agent chooses a sender and finds the pictures.
 */
export interface DatagramIngest {
  /** Tells the shapes of ingest apart. */
  readonly type: "datagrams";
  /** Each datagram is borrowed until the next one is asked for. */
  readonly datagrams: AsyncIterable<IngestDatagram>;
}

/** An access unit as it arrived. */
export interface IngestUnit extends AccessUnit {
  /** Something between it and the unit before is known to be missing. */
  readonly discontinuity: boolean;
  /**
   * Another sender begins, or the same one anew: nothing that came before has
   * to do with it. Omit where it goes on.
   */
  readonly restart?: boolean;
}

/** Whole access units, from a protocol that marks where pictures end. */
export interface UnitIngest {
  /** Tells the shapes of ingest apart. */
  readonly type: "units";
  /** Each unit is borrowed until the next one is asked for. */
  readonly units: AsyncIterable<IngestUnit>;
  /**
   * Bytes of a unit may be missing, and the transport cannot tell: a decoder is
   * asked. Omit where it can.
   */
  readonly lossy?: boolean;
}

/** What became of packets on their way; all count from the start. */
export interface PacketStatistics {
  /** Packets that never came, where their numbers tell. */
  readonly lost: number;
  /** Packets that came late and were put in order. */
  readonly reordered: number;
  /** Packets that came and were thrown away unread. */
  readonly dropped: number;
}

/**
 * An open stream. Its iterable ends when the sender ended the stream, and
 * throws a {@linkcode StreamError} when it broke. Disposing closes it.
 */
export type Ingest =
  & (ByteIngest | DatagramIngest | UnitIngest)
  & AsyncDisposable
  & {
    /**
     * Who sends, for logs and status: `192.168.1.7:5001`. Empty while that is
     * not known; the agent looks again and again.
     */
    readonly peer: string;
    /**
     * Nobody tells when the sender has gone, and anybody may be the next:
     * silence leaves the stream open. Omit for connections.
     */
    readonly connectionless?: boolean;
    /** How packets fare. Omit where the system sees to their arrival. */
    packets?(): PacketStatistics;
  };

/**
 * How a transport introduces itself.
 *
 * @typeParam Options The options its address may carry.
 */
export interface TransportPlugin<Options = unknown> {
  /** Tells the kinds of plugins apart; set by {@linkcode defineTransport}. */
  readonly kind: "transport";
  /** Package name, used in logs and in `camagent plugins`. */
  readonly name: string;
  /** Address schemes this transport answers to, without the colon. */
  readonly schemes: readonly string[];
  /** One line for `camagent plugins`. */
  readonly description: string;
  /** Shape of the address's query. */
  readonly options: OptionsSchema<Options>;
  /**
   * Sends to whoever wants the stream, until `signal` aborts. Omit where the
   * transport cannot send.
   *
   * @param viewers Where receivers are announced.
   * @param context The address, its options, and the machine.
   * @param ready To be called once receivers can come, and again whenever there
   * is more to tell them; never where the transport itself connects to a
   * receiver that has to be there before.
   * @returns Settles once `signal` has aborted and everything is closed: it
   * resolves, or rejects with the signal's reason. Before that it rejects with
   * what broke; the supervisor restarts it.
   */
  send?(
    viewers: Viewers,
    context: SendContext<Options>,
    ready: (at?: Announcement) => void,
  ): Promise<void>;
  /**
   * Opens the stream. Omit where the transport cannot receive.
   *
   * @param context The address, its options, and the machine.
   * @returns The open stream, owned by the agent.
   */
  receive?(context: PluginContext<Options>): Promise<Ingest>;
}

/** Declares a transport; the compiler infers `Options` from its schema. */
export function defineTransport<Options>(
  transport: Omit<TransportPlugin<Options>, "kind">,
): TransportPlugin<Options> {
  return { ...transport, kind: "transport" };
}
