/**
 * The flow by which ADR-087, section 17, accepts the system, as far as the queue goes, in processes of their own under Node and on
 *   the bare machine: an event becomes a message, a vector becomes bytes in a region, a descriptor passes through the queue, and
 *   who reads it finds exactly these bytes.
 */
import { beforeAll, expect, test } from 'vitest';
import {
  expectedAnswers, expectedBytes, expectedChecksum, makeImage, randomSource, runNode, runQemu, temporaryFolder, writeVectors, type Finished,
} from './support.ts';

const folder = temporaryFolder();
beforeAll(() => makeImage(), 600_000);

/** Finite floats of any bits: denormals, both zeros, the largest. */
const anyFloats = (records: number, dimension: number): number[][] => {
  const random = randomSource(17);
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  const next = (): number => {
    do bits[0] = Math.floor(random() * 2 ** 32); while (!Number.isFinite(float[0]));
    // Sums of squares must stay finite as well.
    return Math.fround(Math.abs(float[0]!) > 1e15 ? float[0]! / 2 ** 80 : float[0]!);
  };
  const vectors = Array.from({ length: records }, () => Array.from({ length: dimension }, next));
  vectors[1]![0] = 1e-45;
  vectors[2]![0] = -0;
  return vectors;
};

/** The counters of the work queue: one number for each priority. */
const row = (output: string, name: string): number[] =>
  new RegExp(`^Work queue[^]*?^  ${name} +(\\d+) +(\\d+) +(\\d+) +(\\d+)$`, 'm').exec(output)!.slice(1).map(Number);

test.each([1, 2, 5, 31])('event, message, vector, descriptor, reader: vectors of %i', async (dimension) => {
  const records = 700;
  const vectors = anyFloats(records, dimension);
  const input = writeVectors(folder, `any${dimension}.fvecs`, vectors);
  const runs: Finished[] = [await runNode(input), await runQemu(input, { cpus: 1 }), await runQemu(input, { cpus: 4 })];
  for (const { code, output, errors, result } of runs) {
    expect([code, errors], output).toEqual([0, '']);
    // Events: each alert of the timer was a typed message of 16 bytes, and came out.
    const alerts = Number(result!['alerts_sent']);
    expect(result).toMatchObject({ alerts_received: alerts, priority_inversions: 0 });
    // Vectors: nothing but a descriptor of 24 bytes passed through the queue for each.
    for (const way of ['sent', 'received']) {
      expect(row(output, way)).toEqual([alerts, 0, records, 0]);
      expect(row(output, `bytes ${way}`)).toEqual([16 * alerts, 0, 24 * records, 0]);
    }
    // The reader has exactly these bytes, and answers from them.
    expect(result).toMatchObject({
      vectors: records, completed: records, lost: 0, duplicated: 0, reordered: 0, bytes_checksum: expectedBytes(vectors),
      checksum: expectedChecksum(expectedAnswers(vectors)),
    });
  }
}, 180_000);
