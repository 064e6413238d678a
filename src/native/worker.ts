/**
 * One context of a storm under Node, in a worker of its own: a sender or a receiver, once for each message from the main thread.
 *
 * Role: bundled and started by workers.ts. Elsewhere: what a context does is storm/roles.ts, as everywhere.
 * Checked by: test/native/soak.test.ts
 */
import { parentPort, workerData } from 'node:worker_threads';
import { load32 } from '#machine';
import { PLAN_SENDERS } from './storm/plan.ts';
import { stormReceive, stormSend } from './storm/roles.ts';

const { plan, index } = workerData as { plan: number; index: number };
const senders = load32(plan, PLAN_SENDERS);

parentPort!.on('message', () => {
  if (index < senders) stormSend(plan, index);
  else stormReceive(plan, index - senders);
  parentPort!.postMessage('done');
});
parentPort!.postMessage('ready');
