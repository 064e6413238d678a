/** The measure of priority inversions: never false, and never blind to one that is certain. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { buildProgram, layout, machine, memoryBytes, randomSource, type Program } from './support.ts';

let program: Program;
beforeAll(async () => { ({ program } = await buildProgram()); });

const JOB = 4096;
const block = (number: number): number => layout.jobClassifier(JOB, number);
const inversionsOf = (number: number): number => machine.load32(block(number), layout.CLASSIFIER_INVERSIONS);
const inversions = (): number => inversionsOf(0) + inversionsOf(1);
beforeEach(() => { memoryBytes.fill(0, JOB, JOB + layout.JOB_BYTES); });

const sendCompletes = (): void => machine.store32(JOB, layout.ALERTS_SENT, machine.load32(JOB, layout.ALERTS_SENT) + 1);
const begin = (number: number): void => program.inversionBegin(JOB, block(number));
const gotVector = (number: number): void => program.inversionVector(block(number));
const gotAlert = (number: number, alert: number): void => program.inversionAlert(block(number), alert);

test('an alert that a later receive of the same classifier finds after a vector was overtaken', () => {
  sendCompletes();
  begin(0);
  gotVector(0);
  begin(0);
  gotAlert(0, 0);
  expect(inversions()).toBe(1);
});

test('one that another classifier finds afterwards, too', () => {
  sendCompletes();
  begin(0);
  gotVector(0);
  begin(1);
  gotAlert(1, 0);
  expect(inversions()).toBe(1);
});

test('an alert sent while the vector was being received was not', () => {
  begin(0);
  sendCompletes();
  gotVector(0);
  begin(1);
  gotAlert(1, 0);
  expect(inversions()).toBe(0);
});

test('an alert that another classifier was already receiving was not', () => {
  sendCompletes();
  begin(1);
  begin(0);
  gotVector(0);
  gotAlert(1, 0);
  expect(inversions()).toBe(0);
});

test('an alert received first was not', () => {
  sendCompletes();
  begin(0);
  gotAlert(0, 0);
  begin(0);
  gotVector(0);
  sendCompletes();
  begin(1);
  gotAlert(1, 1);
  expect(inversions()).toBe(0);
});

/** One random run of two receivers and a sender on a queue; takes are atomic, everything around them may interleave. */
const history = (seed: number, takesAlertsFirst: (random: () => number) => boolean): { counted: number; certain: number } => {
  const random = randomSource(seed);
  memoryBytes.fill(0, JOB, JOB + layout.JOB_BYTES);
  let now = 0;
  const sent: number[] = [];
  const queue = { alerts: [] as number[], vectors: 0 };
  let isSending = false;
  const vectorReceives: { begin: number; end: number }[] = [];
  const alertReceives: { alert: number; begin: number }[] = [];
  const receivers = [0, 1].map((number) => ({ number, phase: 0, begin: 0, alert: -1 }));
  const actions = [
    () => { queue.vectors += 1; },
    () => {
      if (!isSending) queue.alerts.push(sent.length);
      else {
        sent.push(now);
        sendCompletes();
      }
      isSending = !isSending;
    },
    ...receivers.flatMap((receiver) => Array(3).fill(() => {
      if (receiver.phase === 0) {
        receiver.begin = now;
        begin(receiver.number);
        receiver.phase = 1;
      } else if (receiver.phase === 1) {
        const isAlert = queue.alerts.length > 0 && (queue.vectors === 0 || takesAlertsFirst(random));
        if (!isAlert && queue.vectors === 0) return;
        receiver.alert = isAlert ? queue.alerts.shift()! : -1;
        if (!isAlert) queue.vectors -= 1;
        receiver.phase = 2;
      } else {
        if (receiver.alert >= 0) {
          alertReceives.push({ alert: receiver.alert, begin: receiver.begin });
          gotAlert(receiver.number, receiver.alert);
        } else {
          vectorReceives.push({ begin: receiver.begin, end: now });
          gotVector(receiver.number);
        }
        receiver.phase = 0;
      }
    }) as (() => void)[]),
  ];
  for (now = 1; now < 300; now++) actions[Math.floor(random() * actions.length)]!();
  // By definition, from the whole history: sent before a vector's receive began, taken by a receive that began after its end.
  const certain = alertReceives.filter(({ alert, begin: taken }) =>
    vectorReceives.some((receive) => (sent[alert] ?? Infinity) < receive.begin && receive.end < taken));
  return { counted: inversions(), certain: certain.length };
};

test('a queue that serves alerts first never shows any, however receives and sends overlap', () => {
  for (let seed = 0; seed < 2000; seed++) expect(history(seed, () => true), `seed ${seed}`).toEqual({ counted: 0, certain: 0 });
});

test('a queue that serves alerts late, or by chance, shows exactly those that are certain', () => {
  let sum = 0;
  for (let seed = 0; seed < 2000; seed++) {
    const { counted, certain } = history(seed, seed % 2 === 0 ? () => false : (random) => random() < 0.5);
    expect(counted, `seed ${seed}`).toBe(certain);
    sum += counted;
  }
  expect(sum).toBeGreaterThan(1000);
});
