/** The argument that names the classes. */
import { beforeAll, expect, test } from 'vitest';
import { buildProgram, encodeVectors, layout, machine, placeJob, randomVectors, type Running } from './support.ts';

let running: Running;
beforeAll(async () => { running = await buildProgram(); });

const vectors = encodeVectors(randomVectors(100, 2, 3));

const prepared = (classes: string): { code: number; text: string; job: number } => {
  const job = placeJob(running.program, vectors, classes);
  const code = running.program.jobPrepare(job);
  return { code, text: running.printed(), job };
};

test('counts become the first records of the classes', () => {
  const { code, job } = prepared('50,1,49 other=1');
  expect(code).toBe(layout.EXIT_OK);
  expect(machine.load32(job, layout.JOB_CLASSES)).toBe(3);
  expect([0, 1, 2, 3].map((number) => running.program.classStart(job, number))).toEqual([0, 50, 51, 100]);
  expect([0, 1, 2].map((number) => running.program.classEnd(job, number))).toEqual([50, 51, 100]);
});

test('one class, and as many as there may be', () => {
  expect(prepared('100').code).toBe(layout.EXIT_OK);
  const most = [100 - layout.CLASS_COUNT_LIMIT + 1, ...Array<number>(layout.CLASS_COUNT_LIMIT - 1).fill(1)];
  expect(prepared(most.join(',')).code).toBe(layout.EXIT_OK);
});

test.each([
  ['', 'count number 0 of classes=COUNT,COUNT,... is not a whole number from 1 on'],
  ['50,', 'count number 1 of classes=COUNT,COUNT,... is not a whole number from 1 on'],
  ['50,0,50', 'count number 1 of classes=COUNT,COUNT,... is not a whole number from 1 on'],
  ['50,x', 'count number 1 of classes=COUNT,COUNT,... is not a whole number from 1 on'],
  ['50x,50', 'count number 0 of classes=COUNT,COUNT,... is not a whole number from 1 on'],
  ['-1,101', 'count number 0 of classes=COUNT,COUNT,... is not a whole number from 1 on'],
  ['4294967396', 'count number 0 of classes=COUNT,COUNT,... is not a whole number from 1 on'],
  ['50,51', 'the counts add up to more than the 100 records of the input'],
  ['50,49', 'the counts leave 1 records of the input without a class'],
  [Array(65).fill('1').join(','), 'there are more than 64 counts'],
])('classes=%s is refused', (classes, reason) => {
  expect(prepared(classes)).toMatchObject({ code: layout.EXIT_REFUSED, text: `classes: ${reason}\n` });
});

test('every second record of a class is held out, the first one is not', () => {
  expect([0, 1, 2, 3].map((i) => running.program.isHeldOut(7, 7 + i))).toEqual([false, true, false, true]);
});
