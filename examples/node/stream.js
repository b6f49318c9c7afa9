// Streams a line of speech to `mien serve` and takes what a face does with it.
//
//     npm ci && node stream.js LINE.wav --server 127.0.0.1:52100 -o curves.csv
//
// Sound goes out in messages of 100 ms at the pace of a microphone, or with --fast as fast as it is taken. Frames
// come as soon as the sound that settles them is there. Of Mien's, nothing is needed but the folder `proto/`.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

import { writeCsv } from './csv.js';
import { readSound } from './wav.js';

const PROTO = fileURLToPath(new URL('../../proto', import.meta.url)); // in your project: wherever you put it
const MESSAGE = 0.1; // seconds of sound in each; less brings frames sooner, and costs more
const PATIENCE = 10; // seconds beyond the length of the sound after which the line is given up
const USAGE = 'node stream.js LINE.wav|LINE.s16 [--server HOST:PORT] [-o CURVES.csv] [--fast] [--rig NAME] [--fps N]';

/** One line, from the file to its curves. */
async function perform(path, options) {
  const sound = readSound(path);
  const call = connect(options.server).animate({ deadline: Date.now() + 1000 * (sound.seconds + PATIENCE) });
  process.once('SIGINT', () => call.cancel());
  call.write({ settings: settingsFor(sound, options) });
  const began = performance.now();
  const [take] = await Promise.all([listen(call, began), speak(call, sound, began, options.fast)]);
  console.log(options.fast ? speed(take) : delay(take));
  if (!options.output) return;
  writeCsv(options.output, take.names, take.frames);
  console.log(options.output);
}

/** A client made of the .proto files as it starts: no code is generated. */
function connect(address) {
  const definition = protoLoader.loadSync('mien/wire/v1/service.proto', {
    includeDirs: [PROTO],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const { Mien } = grpc.loadPackageDefinition(definition).mien.wire.v1;
  return new Mien(address, grpc.credentials.createInsecure());
}

/** The first message: what kind of sound comes, and what is wanted of it. */
function settingsFor(sound, { rig, fps }) {
  const [numerator, denominator = 1] = fps.split('/').map(Number);
  const audio = { encoding: 'ENCODING_S16LE', sampleRate: sound.sampleRate, channels: sound.channels };
  return { audio, rig, rate: { numerator, denominator } };
}

/** Sends each piece of sound when a microphone would have filled it, and says when it was the last. */
async function speak(call, sound, began, fast) {
  const width = 2 * sound.channels;
  const size = width * Math.round(sound.sampleRate * MESSAGE);
  for (let at = 0; at < sound.bytes.length && !call.destroyed; at += size) {
    const audio = sound.bytes.subarray(at, at + size);
    const filled = (at + audio.length) / width / sound.sampleRate;
    if (!fast) await sleep(Math.max(0, began + 1000 * filled - performance.now()));
    if (!call.write({ audio })) await once(call, 'drain');
  }
  call.end({ end: {} });
}

/** Takes what comes, to the end: every frame with its time in the sound and how long after `began` it came. */
async function listen(call, began) {
  const take = { names: [], rate: null, frames: [], end: null };
  for await (const response of call) {
    const came = (performance.now() - began) / 1000;
    if (response.message === 'header') open(take, response.header);
    if (response.message === 'frames') take.frames.push(...framesIn(response.frames, take, came));
    if (response.message === 'end') take.end = response.end;
  }
  return take;
}

/** The header: which curves a frame has, how many frames a second, and how far it listens ahead. */
function open(take, header) {
  take.names = header.curves.map((curve) => curve.name);
  take.rate = header.rate;
  const fps = header.rate.numerator / header.rate.denominator;
  console.log(
    `Mien ${header.version}, ${header.model}: ${take.names.length} curves of ${header.rig} at ` +
      `${Number(fps.toFixed(3))} fps, ${inMs(header.lookAhead)} look-ahead`,
  );
}

/** A message has one or more frames; their numbers stand in one row, frame after frame. */
function framesIn({ first, values }, { names, rate }, came) {
  const count = values.length / names.length;
  return Array.from({ length: count }, (_, n) => ({
    time: ((first + n) * rate.denominator) / rate.numerator,
    values: values.slice(n * names.length, (n + 1) * names.length),
    came,
  }));
}

/** In real time: how far frames come behind the sound they belong to. */
function delay({ frames, end }) {
  const behind = frames.filter((frame) => frame.time < end.duration).map((frame) => frame.came - frame.time);
  behind.sort((a, b) => a - b);
  return (
    `${frames.length} frames for ${end.duration.toFixed(2)} s of sound, ${inMs(behind[behind.length >> 1])} behind ` +
    `it at the median, ${inMs(behind.at(-1))} at most: look-ahead, a message that fills (${inMs(MESSAGE)}), the way`
  );
}

/** All at once: how long it took. */
function speed({ frames, end }) {
  return (
    `${frames.length} frames for ${end.duration.toFixed(2)} s of sound: ` +
    `the first after ${inMs(frames[0].came)}, the last after ${inMs(frames.at(-1).came)}`
  );
}

function inMs(seconds) {
  return `${Math.round(1000 * seconds)} ms`;
}

/** A refusal of the server is a code of gRPC and a sentence for humans; all else says itself what it is. */
function explain(problem) {
  const code = grpc.status[problem.code];
  console.error(code ? `${code}: ${problem.details}` : problem.message);
  process.exitCode = problem.code === grpc.status.CANCELLED ? 130 : 1;
}

const OPTIONS = {
  server: { type: 'string', default: '127.0.0.1:52100' },
  output: { type: 'string', short: 'o' },
  fast: { type: 'boolean', default: false },
  rig: { type: 'string', default: 'arkit' },
  fps: { type: 'string', default: '60' },
};

try {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (positionals.length !== 1) throw new Error(USAGE);
  await perform(positionals[0], values);
} catch (problem) {
  explain(problem);
}
