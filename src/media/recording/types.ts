import type { CodecName } from '../../sdp/index.ts';
import type { RecordingResult } from '../types.ts';

/** 0 is left (the caller), 1 is right (the line). */
export type Channel = 0 | 1;

/**
 * A stereo recording in progress, written as it comes. It runs in the RTP edge's thread, so nothing here may block for
 * longer than a write to the page cache.
 */
export type Recorder = {
  /**
   * One RTP packet of a channel.
   * @param arrivedAt milliseconds since the epoch
   * @param payload G.711 bytes; copied or decoded before the call returns
   * @param voice whose of the channel, 0 (the default) and up: those that speak at once are added up
   */
  packet(
    channel: Channel,
    arrivedAt: number,
    ssrc: number,
    timestamp: number,
    codec: CodecName,
    payload: Uint8Array,
    voice?: number,
  ): void;
  /** Writes what is complete up to `now`; to be called about once a second. Throws when the disk refuses. */
  flush(now: number): void;
  /** Ends the recording at `now`, which may have passed a while ago: writes the rest and the right header, closes the file, hashes it. */
  close(now: number): Promise<RecordingResult>;
};

/** What repair made of one file. */
export type RepairedRecording =
  | {
      /** As it was named to repair. */
      readonly path: string;
      readonly usable: true;
      /** False when the file was whole already. */
      readonly repaired: boolean;
      readonly durationMs: number;
      readonly bytes: number;
      /** Hex SHA-256 of the file as it is now. */
      readonly sha256: string;
    }
  | { readonly path: string; readonly usable: false; readonly reason: string };

/** A recording against the hash in its call record. */
export type RecordingState = 'intact' | 'changed' | 'missing';
