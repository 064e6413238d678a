/** Who may do what in the main job: what is in each space after boot, that nothing less would do, and that the log says what is there. */
import { beforeEach, describe, expect, test } from 'vitest';
import { capDrop, capRegionPolicy, capRights, capSpaceCreate, capType } from '../../src/kernel/capability.ts';
import {
  POLICY_APPEND_ONLY, POLICY_IMMUTABLE, RIGHT_READ, RIGHT_REVOKE, RIGHT_WRITE, SPACE_BYTES, SPACE_CAPABILITIES, TYPE_QUEUE, TYPE_RECEIVER,
  TYPE_REGION, TYPE_SENDER,
} from '../../src/kernel/layout.ts';
import { queueAttachReceiver, queueAttachSender, queueLength } from '../../src/kernel/queue.ts';
import { STATUS_NO_CAPABILITY, STATUS_NO_PLACE } from '../../src/kernel/status.ts';
import { WORK_SCHEMA } from '../../src/programs/messages.ts';
import { buildProgram, encodeVectors, layout, machine, placeJob, randomVectors, type Program, type Running } from './support.ts';

let running: Running;
let program: Program;
let job: number;
const prepare = async (edits: Parameters<typeof buildProgram>[0] = []): Promise<void> => {
  running = await buildProgram(edits);
  ({ program } = running);
  job = placeJob(program, encodeVectors(randomVectors(20, 3, 1)));
  expect(program.jobPrepare(job)).toBe(layout.EXIT_OK);
  machine.store32(job, layout.ROLES_STARTED, layout.ROLES_AT_START);
};
beforeEach(() => prepare());

const spaceOf = (number: number): number => layout.jobSpace(job, number);
const root = (): number => machine.load32(job, layout.JOB_ROOT);
/** Type, rights and policy of each capability of a space. */
const held = (space: number): number[][] => Array.from({ length: SPACE_CAPABILITIES }, (_, index) => program.rightsHeld(space, index))
  .filter((cap) => cap !== 0)
  .map((cap) => [capType(space, cap), capRights(space, cap), ...(capType(space, cap) === TYPE_REGION ? [capRegionPolicy(space, cap)] : [])]);

test('each task holds what it needs, and boot holds nothing', () => {
  const reads = [TYPE_REGION, RIGHT_READ, POLICY_APPEND_ONLY];
  expect(held(spaceOf(layout.SPACE_CLIENT))).toEqual([
    [TYPE_REGION, RIGHT_READ, POLICY_IMMUTABLE], [TYPE_REGION, RIGHT_READ | RIGHT_WRITE, POLICY_APPEND_ONLY],
    [TYPE_QUEUE, RIGHT_REVOKE], [TYPE_SENDER, RIGHT_WRITE],
  ]);
  expect(held(spaceOf(layout.SPACE_ALERTS))).toEqual([[TYPE_SENDER, RIGHT_WRITE]]);
  for (let number = 0; number < layout.CLASSIFIER_COUNT; number++) {
    expect(held(spaceOf(layout.SPACE_CLASSIFIER + number))).toEqual([[TYPE_RECEIVER, RIGHT_READ], reads]);
  }
  expect(held(spaceOf(layout.SPACE_WRONG))).toEqual([]);
  expect(held(root())).toEqual([]);
  for (let cap = 64; cap < 64 + SPACE_CAPABILITIES; cap++) {
    expect(capSpaceCreate(root(), cap, machine.load32(job, layout.JOB_SCRATCH), SPACE_BYTES)).toBe(STATUS_NO_CAPABILITY);
  }
});

test('all places of the queue are taken, and nothing is in it', () => {
  const queue = machine.load32(job, layout.JOB_QUEUE);
  expect(queueAttachSender(queue, WORK_SCHEMA)).toBe(STATUS_NO_PLACE);
  expect(queueAttachReceiver(queue)).toBe(STATUS_NO_PLACE);
  expect(queueLength(queue)).toBe(0);
});

test('the log says what is there', async () => {
  program.rightsPrint(job);
  expect(running.printed()).toBe([
    '  rights    boot: none; wrong sender: none',
    '            sensor and collector: Immutable region (read), AppendOnly region (read, write), queue (revoke), sender (write)',
    '            alerts: sender (write)',
    '            classifier 0: receiver (read), AppendOnly region (read)',
    '            classifier 1: receiver (read), AppendOnly region (read)', '',
  ].join('\n'));
  // Were something left, it would be told.
  await prepare([{ file: 'programs/access.ts', from: '  giveUp(root);\n', to: '' }, { file: 'programs/access.ts', from: '  must(capRecover(root, space));\n', to: '' },
    { file: 'programs/access.ts', from: 'SENDER_COUNT);', to: 'SENDER_COUNT + 1);' }]);
  program.rightsPrint(job);
  const all = '(read, write, grant, revoke, grant once)';
  expect(running.printed().split('\n')[0]).toBe(`  rights    boot: ${[
    'system', 'regions', 'space', 'Immutable region', 'AppendOnly region', 'Slab region', 'Slab region', 'queue', 'space', 'space', 'queue', 'space', 'space', 'space',
  ].map((name, k) => `${name} ${k === 10 ? '(write, grant, revoke)' : all}`).join(', ')}; wrong sender: Slab region (read, write)`);
});

describe('a task without one of its capabilities can do nothing with it', () => {
  const { ROLE_SENSOR, ROLE_CLASSIFIER, ROLE_COLLECTOR, SPACE_CLIENT, SPACE_CLASSIFIER } = layout;
  const sensor = (): number => program.roleStep(job, ROLE_SENSOR);
  const classifier = (): number => program.roleStep(job, ROLE_CLASSIFIER);
  const closing = (): number => {
    machine.store32(job, layout.COLLECTOR_PHASE, 1);
    machine.store32(job, layout.ALERTS_STOPPED, 1);
    return program.roleStep(job, ROLE_COLLECTOR);
  };
  const classifierWord = (word: number) => (): number => layout.jobClassifier(job, 0) + word;
  const jobWord = (word: number) => (): number => job + word;
  test.each<[string, number, () => number, () => unknown, string]>([
    ["the sensor's place", SPACE_CLIENT, jobWord(layout.JOB_SENSOR_CAP), sensor, 'sensor: submit -26'],
    ['the input', SPACE_CLIENT, jobWord(layout.JOB_INPUT_CAP), sensor, 'sensor: input -26'],
    ['the vectors', SPACE_CLIENT, jobWord(layout.JOB_VECTORS_CAP), sensor, 'sensor: reserve -26'],
    ['the place, to reap', SPACE_CLIENT, jobWord(layout.JOB_SENSOR_CAP), () => program.roleStep(job, ROLE_COLLECTOR), 'collector: reap -26'],
    ['the queue, to close it', SPACE_CLIENT, jobWord(layout.JOB_QUEUE_CAP), closing, 'collector: close -26'],
    ["the alerts' place", layout.SPACE_ALERTS, jobWord(layout.JOB_ALERT_CAP), () => program.alertsTick(job), 'alerts: send -26'],
    ["a classifier's place", SPACE_CLASSIFIER, classifierWord(layout.CLASSIFIER_CAP), classifier, 'classifier: receive -26'],
    ["a classifier's vectors", SPACE_CLASSIFIER, classifierWord(layout.CLASSIFIER_VECTORS_CAP), () => [sensor(), classifier()], 'classifier: torn message 0'],
  ])('%s', (_name, number, at, act, halt) => {
    expect(capDrop(spaceOf(number), machine.load32(at(), 0))).toBe(0);
    expect(act).toThrow(`halt: ${halt}`);
  });

  test('and with all of them they work', () => {
    expect([sensor(), classifier(), program.roleStep(job, ROLE_COLLECTOR)]).toEqual([1, 1, 1]);
    program.alertsTick(job);
    expect(machine.load32(job, layout.ALERTS_SENT)).toBe(1);
    expect(closing()).toBe(1);
  });
});
