/**
 * What a worker of the main job does under Node: one role, from its beginning to its end.
 *
 * Role: classify.node.ts bundles this module and starts it once per role; `workerData` names the job and the role.
 * Fails: whatever stops the role (machineHalt) ends the worker with an error, which the main thread reports.
 * Checked by: test/programs/run.test.ts.
 */
import { workerData } from 'node:worker_threads';
import { roleBegin, roleEnd, roleStep } from './roles.ts';

export interface RoleData { job: number; role: number }

const { job, role } = workerData as RoleData;
roleBegin(job, role);
while (roleStep(job, role) !== 0);
roleEnd(job, role);
