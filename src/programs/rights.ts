/**
 * What the tasks may do: the capabilities that are in their spaces, as they are there.
 *
 * Role: boot: looks, and prints. Memory: reads the spaces. Units: none. Fails: never. Checked by: test/programs/access.test.ts.
 */
import { load32, loadAcquire32 } from '#machine';
import { capRegionPolicy, capRights, capType } from '../kernel/capability.ts';
import { capabilityAt } from '../kernel/capability/space.ts';
import {
  CAPABILITY_HANDLE, POLICY_APPEND_ONLY, POLICY_IMMUTABLE, POLICY_SLAB, RIGHT_GRANT, RIGHT_GRANT_ONCE, RIGHT_READ, RIGHT_REVOKE,
  RIGHT_WRITE, SPACE_CAPABILITIES, TYPE_QUEUE, TYPE_RECEIVER, TYPE_REGION, TYPE_REGIONS, TYPE_SENDER, TYPE_SPACE,
} from '../kernel/layout.ts';
import { CLASSIFIER_COUNT, JOB_ROOT, SPACE_ALERTS, SPACE_CLASSIFIER, SPACE_CLIENT, SPACE_WRONG, jobSpace } from './job.ts';
import { printEnd, printText, printUnsigned } from './print.ts';

/** The capability in entry number `index` of a space, or 0 if there is none, or it has ended. */
export const rightsHeld = (space: i32, index: i32): i32 => {
  const word = loadAcquire32(capabilityAt(space, index), CAPABILITY_HANDLE); // [capability]
  return word > 0 ? word : 0;
};

const printType = (type: i32): void => {
  switch (type) {
    case TYPE_QUEUE: printText('queue'); break;
    case TYPE_SENDER: printText('sender'); break;
    case TYPE_RECEIVER: printText('receiver'); break;
    case TYPE_REGION: printText('region'); break;
    case TYPE_REGIONS: printText('regions'); break;
    case TYPE_SPACE: printText('space'); break;
    default: printText('system');
  }
};

/** Prints the policy of a region that may be read. */
const printPolicy = (policy: i32): void => {
  if (policy === POLICY_IMMUTABLE) printText('Immutable ');
  if (policy === POLICY_APPEND_ONLY) printText('AppendOnly ');
  if (policy === POLICY_SLAB) printText('Slab ');
};

/** Prints one right, if it is among `rights`, behind a comma if something stands before it. */
const printRight = (rights: i32, right: i32, name: text): void => {
  if ((rights & right) === 0) return;
  // Rights are printed in the order of their bits.
  if ((rights & (right - 1)) !== 0) printText(', ');
  printText(name);
};

/** Prints all capabilities of a space. */
const printSpace = (space: i32): void => {
  let count = 0;
  for (let index = 0; index < SPACE_CAPABILITIES; index++) {
    const cap = rightsHeld(space, index);
    if (cap !== 0) {
      const rights = capRights(space, cap);
      if (count !== 0) printText(', ');
      printPolicy(capRegionPolicy(space, cap));
      printType(capType(space, cap));
      printText(' (');
      printRight(rights, RIGHT_READ, 'read');
      printRight(rights, RIGHT_WRITE, 'write');
      printRight(rights, RIGHT_GRANT, 'grant');
      printRight(rights, RIGHT_REVOKE, 'revoke');
      printRight(rights, RIGHT_GRANT_ONCE, 'grant once');
      printText(')');
      count = (count + 1) | 0;
    }
  }
  if (count === 0) printText('none');
};

const rightsLine = (job: i32, name: text, number: i32): void => {
  printText(name);
  printSpace(jobSpace(job, number));
  printEnd();
};

/** What is left once everything has been made. */
export const rightsPrint = (job: i32): void => {
  printText('  rights    boot: ');
  printSpace(load32(job, JOB_ROOT));
  printText('; wrong sender: ');
  printSpace(jobSpace(job, SPACE_WRONG));
  printEnd();
  rightsLine(job, '            sensor and collector: ', SPACE_CLIENT);
  rightsLine(job, '            alerts: ', SPACE_ALERTS);
  for (let number = 0; number < CLASSIFIER_COUNT; number++) {
    printText('            classifier ');
    printUnsigned(number);
    rightsLine(job, ': ', (SPACE_CLASSIFIER + number) | 0);
  }
};
