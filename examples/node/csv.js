// Curves as the CSV that `mien bake` writes and reads: a line `time,<curve>,...`, then one line a frame.

import { writeFileSync } from 'node:fs';

/**
 * @param {string} path
 * @param {string[]} names One for each curve.
 * @param {{ time: number, values: number[] }[]} frames
 */
export function writeCsv(path, names, frames) {
  const lines = frames.map(({ time, values }) => [time, ...values.map(shortest)].join(','));
  writeFileSync(path, [['time', ...names].join(','), ...lines, ''].join('\n'));
}

/** The fewest digits that read back as the same 32-bit float: .1 comes as 0.10000000149011612, and goes as 0.1. */
function shortest(value) {
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
