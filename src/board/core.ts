/**
 * The records of the cores, and starting them.
 *
 * Role: coreInit for the boot core, coreAdd for each core the device tree names, coreStart from the boot core.
 * Memory: the core records of layout.ts.
 * Order: [started] a core's release store of STARTED to the boot core's acquire load: its record and its interrupt controller
 *   are ready. In the other direction the firmware's CPU_ON, or the barrier before the spin table's event, orders all earlier
 *   stores of the boot core before the core's first step.
 * Fails: boardHalt if the firmware refuses, or if a core does not report within a second.
 * Elsewhere: spin tables are in spin.ts.
 * Checked by: test/boot/hello.test.ts, test/boot/rpi3.test.ts
 */
import { load32, loadAcquire32, pause, store32, storeRelease32, timeMicros32 } from '#machine';
import {
  CORES_OFFSET, CORE_AFFINITY_OFFSET, CORE_BYTES, CORE_COUNT_LIMIT, CORE_NO_RELEASE, CORE_NO_TASK, CORE_NUMBER_OFFSET,
  CORE_RELEASE_LOW_OFFSET, CORE_RELEASE_PAGE_OFFSET, CORE_STARTED_OFFSET, CORE_TASK_OFFSET,
} from './layout.ts';
import { boardMemory, coreAffinity, psciStartCore, thisCore, thisCoreSet } from './processor.ts';
import { spinStart } from './spin.ts';
import { boardHalt } from './halt.ts';

/** How the firmware is called, if it can be. */
export const PSCI_NONE = 0;
export const PSCI_HVC = 1;
export const PSCI_SMC = 2;

const START_MICROSECONDS = 1000000;

let cores: i32 = 1;

/** How many cores run; core numbers are 0 to one less. */
export const boardCores = (): i32 => cores;

export const coreRecord = (number: i32): i32 => (boardMemory() + CORES_OFFSET + Math.imul(number, CORE_BYTES)) | 0;

/** Number of the calling core. */
export const taskCore = (): i32 => load32(thisCore(), CORE_NUMBER_OFFSET);

/** The calling core gets record `number`. The first step of every core. */
export const coreInit = (number: i32): void => {
  const core = coreRecord(number);
  store32(core, CORE_NUMBER_OFFSET, number);
  store32(core, CORE_AFFINITY_OFFSET, coreAffinity());
  store32(core, CORE_TASK_OFFSET, CORE_NO_TASK);
  thisCoreSet(core);
};

/**
 * Notes a core of the device tree; the boot core is number 0 whatever its place there. More than the limit stay off. The release
 * page is CORE_NO_RELEASE for a core that the firmware starts.
 */
export const coreAdd = (affinity: i32, releasePage: i32, releaseLow: i32): void => {
  if (affinity === load32(coreRecord(0), CORE_AFFINITY_OFFSET) || cores === CORE_COUNT_LIMIT) return;
  const core = coreRecord(cores);
  store32(core, CORE_AFFINITY_OFFSET, affinity);
  store32(core, CORE_RELEASE_PAGE_OFFSET, releasePage);
  store32(core, CORE_RELEASE_LOW_OFFSET, releaseLow);
  cores = (cores + 1) | 0;
};

/** Tells the boot core that the calling core is ready. */
export const coreReady = (): void => { storeRelease32(thisCore(), CORE_STARTED_OFFSET, 1); }; // [started]

/** True once the core takes interrupts. */
export const coreStarted = (core: i32): boolean => loadAcquire32(core, CORE_STARTED_OFFSET) === 1; // [started]

const awaitStarted = (core: i32, number: i32): void => {
  const began = timeMicros32();
  while (!coreStarted(core)) {
    const waited = (timeMicros32() - began) | 0;
    if (waited > START_MICROSECONDS) boardHalt('cores: no sign of life within a second from core', number);
    pause();
  }
};

/**
 * Starts all other cores, one after the other, each once: a second CPU_ON before the first has taken effect would start it again,
 * and cores out of a spin table take their numbers from one word. `conduit` is PSCI_NONE, PSCI_HVC or PSCI_SMC.
 */
export const coreStartAll = (conduit: i32): void => {
  for (let number = 1; number < cores; number++) {
    const core = coreRecord(number);
    const page = load32(core, CORE_RELEASE_PAGE_OFFSET);
    if (page !== CORE_NO_RELEASE) {
      spinStart(page, load32(core, CORE_RELEASE_LOW_OFFSET), number);
    } else {
      if (conduit === PSCI_NONE) boardHalt('cores: neither firmware nor a spin table starts core', number);
      const status = psciStartCore((conduit - PSCI_HVC) | 0, load32(core, CORE_AFFINITY_OFFSET), number);
      if (status !== 0) boardHalt('cores: the firmware does not start a core, PSCI says', status);
    }
    awaitStarted(core, number);
  }
};
