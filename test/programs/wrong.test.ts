/** The deliberately wrong sender: refused for three kinds of reasons, told in the boot log, counted; and a refusal that fails shows. */
import { beforeEach, expect, test } from 'vitest';
import { STATISTICS_REJECTED } from '../../src/kernel/layout.ts';
import { queueLength, queueRefusals, queueStatistics } from '../../src/kernel/queue.ts';
import { REASON_BITS, REASON_COUNT_OF } from '../../src/kernel/schema/program.ts';
import * as status from '../../src/kernel/status.ts';
import { buildProgram, encodeVectors, layout, machine, placeJob, randomVectors, type Edit, type Program, type Running } from './support.ts';

const LINES = [
  '  refused   schema: work.alert.actions: undefined flag bit (3 flags) at byte 13',
  '  refused   policy: a descriptor into a Slab, which its owner could rewrite',
  "  refused   capability: the sensor's, of another space",
  '  refused   capability: its own, revoked',
];

let running: Running;
let program: Program;
let job: number;
const prepare = async (edits: Edit[] = []): Promise<string[]> => {
  running = await buildProgram(edits);
  ({ program } = running);
  job = placeJob(program, encodeVectors(randomVectors(4, 3, 1)));
  expect(program.jobPrepare(job)).toBe(layout.EXIT_OK);
  program.wrongPrint(job);
  return running.printed().trimEnd().split('\n');
};
let lines: string[];
beforeEach(async () => { lines = await prepare(); });

const statuses = (): number[] => Array.from({ length: layout.WRONG_ATTEMPTS }, (_, k) => machine.load32(job, layout.WRONG_STATUS + 4 * k));
const rejected = (): number => {
  const at = machine.load32(job, layout.JOB_STATISTICS);
  queueStatistics(machine.load32(job, layout.JOB_QUEUE), at);
  return machine.load32(at, STATISTICS_REJECTED);
};

test('each attempt is refused for its own reason, and the log says so', () => {
  expect(statuses()).toEqual([status.STATUS_INVALID_MESSAGE, status.STATUS_POLICY, status.STATUS_NO_CAPABILITY, status.STATUS_NO_CAPABILITY]);
  expect(lines).toEqual(LINES);
  expect(program.wrongWasRefused(job)).toBe(true);
});

test('the queue counts what its schema and the policy refused, by reason, and holds nothing of it', () => {
  const queue = machine.load32(job, layout.JOB_QUEUE);
  const byReason = Array.from({ length: REASON_COUNT_OF }, (_, reason) => queueRefusals(queue, reason));
  expect(byReason).toEqual(byReason.map((_, reason) => (reason === REASON_BITS ? 1 : 0)));
  // What has no capability never gets as far as the queue.
  expect(rejected()).toBe(2);
  expect(queueLength(queue)).toBe(0);
  const kinds = [status.STATUS_INVALID_MESSAGE, status.STATUS_POLICY, status.STATUS_NO_CAPABILITY];
  expect(kinds.map((one) => program.wrongCount(job, one))).toEqual([1, 1, 2]);
});

test('the report counts them', () => {
  machine.store32(job, layout.ROLES_STARTED, layout.ROLES_AT_START);
  program.reportPrint(job);
  const report = running.printed();
  expect(report).toContain('Refused          schema 1, policy 1, capability 2; received all the same 0; by schema reason 5:1\n');
  expect(report).toContain('"refused_schema":1,"refused_policy":1,"refused_capability":2,');
});

test.each<[string, number, Edit]>([
  ['the schema', 0, { file: 'kernel/schema/bind.ts', from: 'return schemaValidate(program, at, bytes, typed) < 0 ? typedRefuse(typed) : STATUS_OK;', to: 'return STATUS_OK;' }],
  ['the policy', 1, { file: 'kernel/region/span.ts', from: 'if (policy === refused) return STATUS_POLICY;', to: '' }],
  ['the space', 2, {
    file: 'programs/wrong.ts', from: 'return capSend(space, cap,', to: 'return capSend(cap === load32(job, JOB_SENSOR_CAP) ? jobSpace(job, 0) : space, cap,',
  }],
  ['the revoke', 3, { file: 'kernel/capability/revoke.ts', from: 'if (compareExchange32(entry, CAPABILITY_HANDLE, word, WORD_ENDING | cap) === word)', to: 'if (false)' }],
])('an attempt that gets past %s is told, and makes the run fail', async (_name, attempt, edit) => {
  const told = await prepare([edit]);
  expect(statuses()[attempt]).toBe(status.STATUS_OK);
  const name = LINES[attempt]!.slice('  refused   '.length).replace(/: work.*/, '');
  expect(told[attempt]!.startsWith(`  NOT SO    ${name}`), told[attempt]).toBe(true);
  expect(told[attempt]).toMatch(/, status 0$/);
  expect(told.filter((_, k) => k !== attempt)).toEqual(LINES.filter((_, k) => k !== attempt));
  expect(program.wrongWasRefused(job)).toBe(false);
  expect(queueLength(machine.load32(job, layout.JOB_QUEUE))).toBe(1);
});

test('a refusal that is not counted under its reason makes the run fail', async () => {
  await prepare([{ file: 'kernel/schema/bind.ts', from: '(loadRelaxed32(typed, cell) + 1) | 0', to: 'loadRelaxed32(typed, cell)' }]);
  expect(statuses()[0]).toBe(status.STATUS_INVALID_MESSAGE);
  expect(program.wrongWasRefused(job)).toBe(false);
});
