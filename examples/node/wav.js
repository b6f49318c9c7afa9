// PCM sound of 16 bits from a file: WAV, or raw samples as .s16.

import { readFileSync } from 'node:fs';

const PCM = 1;
const EXTENSIBLE = 0xfffe; // says further on what it is; written by many programs for plain PCM too

/**
 * @param {string} path A .wav of 16-bit PCM, or a .s16: little-endian samples at 16 kHz, mono, without a header.
 * @returns {{ sampleRate: number, channels: number, seconds: number, bytes: Buffer }} Little-endian, interleaved.
 */
export function readSound(path) {
  const file = readFileSync(path);
  if (path.toLowerCase().endsWith('.s16')) return soundOf(16000, 1, file);
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error(`${path} is neither WAV nor .s16; make one: ffmpeg -i ${path} -c:a pcm_s16le line.wav`);
  }
  const { 'fmt ': format, data } = chunksOf(file);
  if (!format || !data) throw new Error(`${path} is a WAV without sound in it.`);
  refuseOthers(path, format);
  return soundOf(format.readUInt32LE(4), format.readUInt16LE(2), data);
}

function soundOf(sampleRate, channels, bytes) {
  return { sampleRate, channels, seconds: bytes.length / 2 / channels / sampleRate, bytes };
}

/** The chunks of a RIFF file by their names of four letters; the last one may be cut short. */
function chunksOf(file) {
  const chunks = {};
  for (let at = 12; at + 8 <= file.length; ) {
    const size = file.readUInt32LE(at + 4);
    chunks[file.toString('latin1', at, at + 4)] = file.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size % 2); // chunks begin at even bytes
  }
  return chunks;
}

/** Refuses all but plain samples of 16 bits. */
function refuseOthers(path, format) {
  const kind = format.readUInt16LE(0);
  const coding = kind === EXTENSIBLE && format.length >= 26 ? format.readUInt16LE(24) : kind;
  const bits = format.readUInt16LE(14);
  if (coding !== PCM || bits !== 16) {
    throw new Error(`${path} is not 16-bit PCM; make it so: ffmpeg -i ${path} -c:a pcm_s16le line.wav`);
  }
}
