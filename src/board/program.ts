/**
 * What every bootable program re-exports from its entry module, because boot/*.S or the machine call it by name:
 *
 *     export * from '../board/program.ts';
 *
 * The entry module itself exports programStart() (the first task, on core 0), programTask(role, argument) and programTimer() (in
 * interrupt context, after boardTimerEvery).
 */
export { kernelMain, kernelSecondary } from './main.ts';
export { boardInterrupt } from './interrupt.ts';
export { boardException } from './panic.ts';
export { taskMain } from './tasks.ts';
export { kernelNotify32, kernelWait32 } from './wait.ts';
export { boardConsoleByte } from './console.ts';
export { boardHalt } from './halt.ts';
