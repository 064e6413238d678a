/** References and nearest references, against plain JavaScript. */
import { beforeAll, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  buildProgram, encodeVectors, expectedAnswers, expectedReferences, layout, machine, placeJob, randomVectors, type Program,
} from './support.ts';

let program: Program;
beforeAll(async () => { ({ program } = await buildProgram()); });

const prepare = (vectors: number[][], classes?: number[]): number => {
  const job = placeJob(program, encodeVectors(vectors), classes?.join(','));
  expect(program.jobPrepare(job)).toBe(layout.EXIT_OK);
  return job;
};

const answers = (job: number, records: number): number[] =>
  Array.from({ length: records }, (_, i) => program.nearestReference(job, program.vectorAddress(job, i)));

const rows = (job: number): { first: number; values: number[] }[] => {
  const dimension = machine.load32(job, layout.JOB_DIMENSION);
  return Array.from({ length: machine.load32(job, layout.JOB_REFERENCES) }, (_, k) => {
    const row = machine.load32(job, layout.JOB_ROWS) + k * machine.load32(job, layout.JOB_ROW_BYTES);
    const values = Array.from({ length: dimension }, (_value, i) => machine.loadF64(row, 8 + 8 * i));
    return { first: machine.loadF64(row, 0), values };
  });
};

/** Cuts `records` into classes. */
const cut = (records: number, cuts: number[]): number[] => {
  const places = [...new Set([...cuts.map((place) => 1 + place % records), records])].sort((a, b) => a - b);
  return places.map((place, i) => place - (places[i - 1] ?? 0));
};

test('centroids and answers are those of plain JavaScript, bit for bit', () => {
  const [shortest, cutPlaces] = [{ min: 1, max: 60 }, fc.array(fc.nat(100), { maxLength: 6 })];
  fc.assert(fc.property(fc.integer(shortest), fc.integer({ min: 1, max: 20 }), fc.nat(), cutPlaces,
    (records, dimension, seed, cuts) => {
      const vectors = randomVectors(records, dimension, seed);
      const classes = cut(records, cuts);
      const job = prepare(vectors, classes);
      expect(rows(job).map(({ values }) => values)).toEqual(expectedReferences(vectors, classes));
      expect(answers(job, records)).toEqual(expectedAnswers(vectors, classes));
    }));
});

test('without classes the first ten vectors are the references, each nearest to itself', () => {
  const vectors = randomVectors(40, 7, 5);
  const job = prepare(vectors);
  expect(rows(job).map(({ values }) => values)).toEqual(vectors.slice(0, 10));
  expect(answers(job, 40)).toEqual(expectedAnswers(vectors));
  expect(answers(job, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('fewer vectors than references', () => {
  expect(answers(prepare(randomVectors(3, 2, 9)), 3)).toEqual([0, 1, 2]);
  expect(answers(prepare([[5]]), 1)).toEqual([0]);
});

test('the answer is the nearest by distance', () => {
  const vectors = randomVectors(200, 12, 11);
  const classes = [60, 60, 80];
  const references = expectedReferences(vectors, classes);
  const distance = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
  const found = answers(prepare(vectors, classes), 200);
  expect(new Set(found)).toEqual(new Set([0, 1, 2]));
  vectors.forEach((vector, i) => {
    const distances = references.map((reference) => distance(vector, reference));
    expect(distances[found[i]!]!).toBeLessThanOrEqual(Math.min(...distances) + 1e-6);
  });
});

test('equal references: the lower number', () => {
  const vectors = [[1, 2], [3, 4], [1, 2], [3, 4]];
  expect(answers(prepare(vectors), 4)).toEqual([0, 1, 0, 1]);
  expect(answers(prepare([[0], [0], [0]], [1, 1, 1]), 3)).toEqual([0, 0, 0]);
});

test('the largest finite values neither overflow nor confuse', () => {
  const largest = 3.4028234663852886e38;
  const vectors = [[largest, largest], [-largest, -largest], [largest, -largest], [1e-45, 0]];
  const job = prepare(vectors);
  expect(rows(job).every(({ first }) => Number.isFinite(first))).toBe(true);
  expect(answers(job, 4)).toEqual([0, 1, 2, 3]);
});
