/**
 * The name of what the program runs on. Role: printed by banner.ts and report.ts. Memory: reads the job. Fails: never.
 * Checked by: test/programs/run.test.ts, test/boot/rpi3.test.ts.
 */
import { load32 } from '#machine';
import { JOB_TARGET, TARGET_NODE, TARGET_RPI3, TARGET_RPI4, TARGET_RPI5 } from './job.ts';
import { printText } from './print.ts';

/** One word, the same in the banner, in the RESULT line and in BOARD=. */
export const targetPrint = (job: i32): void => {
  switch (load32(job, JOB_TARGET)) {
    case TARGET_NODE: printText('node'); break;
    case TARGET_RPI3: printText('rpi3'); break;
    case TARGET_RPI4: printText('rpi4'); break;
    case TARGET_RPI5: printText('rpi5'); break;
    default: printText('virt');
  }
};
