/**
 * Histograms of durations: 32 steps to each doubling, so that a percentile is at most 1/32 too high.
 *
 * Role: each classifier adds to its own, nobody else writes it; the report adds them up at the end. Memory: HISTOGRAM_* of
 *   job.ts.
 * Units: microseconds, unsigned. Fails: never. Checked by: test/programs/latency.test.ts.
 *
 *   value   0 .. 31   32 .. 63   64, 66 .. 126   128, 132 .. 252   ...
 *   bucket  0 .. 31   32 .. 63   64 .. 95        96 .. 127         ...  up to 895
 */
import { load32, store32 } from '#machine';
import { HISTOGRAM_BUCKETS, HISTOGRAM_BUCKET_COUNT, HISTOGRAM_COUNT, HISTOGRAM_MAX } from './job.ts';

const STEPS = 32;
const STEPS_SHIFT = 5;

/** The bucket of a duration. */
export const histogramBucket = (micros: i32): i32 => {
  if ((micros >>> 0) < STEPS) return micros;
  const shift = (31 - STEPS_SHIFT - Math.clz32(micros)) | 0;
  return ((shift << STEPS_SHIFT) + (micros >>> shift)) | 0;
};

/** The longest duration of a bucket. */
export const histogramLimit = (bucket: i32): i32 => {
  if (bucket < STEPS) return bucket;
  const shift = ((bucket >> STEPS_SHIFT) - 1) | 0;
  return ((((bucket & (STEPS - 1)) + STEPS + 1) << shift) - 1) | 0;
};

export const histogramAdd = (histogram: i32, micros: i32): void => {
  const bucket = histogramBucket(micros) << 2;
  store32(histogram, HISTOGRAM_COUNT, (load32(histogram, HISTOGRAM_COUNT) + 1) | 0);
  if ((micros >>> 0) > (load32(histogram, HISTOGRAM_MAX) >>> 0)) store32(histogram, HISTOGRAM_MAX, micros);
  store32(histogram, (HISTOGRAM_BUCKETS + bucket) | 0, (load32(histogram, (HISTOGRAM_BUCKETS + bucket) | 0) + 1) | 0);
};

/** Adds all of `source` to `into`. */
export const histogramMerge = (into: i32, source: i32): void => {
  store32(into, HISTOGRAM_COUNT, (load32(into, HISTOGRAM_COUNT) + load32(source, HISTOGRAM_COUNT)) | 0);
  if ((load32(source, HISTOGRAM_MAX) >>> 0) > (load32(into, HISTOGRAM_MAX) >>> 0)) {
    store32(into, HISTOGRAM_MAX, load32(source, HISTOGRAM_MAX));
  }
  for (let bucket = 0; bucket < HISTOGRAM_BUCKET_COUNT; bucket++) {
    const at = (HISTOGRAM_BUCKETS + (bucket << 2)) | 0;
    store32(into, at, (load32(into, at) + load32(source, at)) | 0);
  }
};

/**
 * The duration that `percent` of 100 do not exceed: the smallest bucket that so many lie in or below, its longest duration, and
 *   never more than the longest of all. 0 for an empty histogram.
 */
export const histogramPercentile = (histogram: i32, percent: i32): i32 => {
  const count = load32(histogram, HISTOGRAM_COUNT);
  const most = load32(histogram, HISTOGRAM_MAX);
  // count * percent / 100, rounded up, without leaving 32 bits.
  const part = (Math.imul((count % 100) | 0, percent) + 99) | 0;
  const rank = (Math.imul((count / 100) | 0, percent) + ((part / 100) | 0)) | 0;
  let below = 0;
  for (let bucket = 0; bucket < HISTOGRAM_BUCKET_COUNT; bucket++) {
    below = (below + load32(histogram, (HISTOGRAM_BUCKETS + (bucket << 2)) | 0)) | 0;
    if (below >= rank) {
      const limit = histogramLimit(bucket);
      return (limit >>> 0) > (most >>> 0) ? most : limit;
    }
  }
  return most;
};
