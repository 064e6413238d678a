/**
 * What the board offers to programs, in one place.
 */
export { boardCores, taskCore } from './core.ts';
export { boardEntryLevel, boardImageBytes, boardImagePage, boardImageTextBytes, boardImageWindow } from './image.ts';
export { boardFreeBase, boardFreeBytes, boardInitrdBase, boardInitrdBytes, boardRamMebibytes } from './memory.ts';
export { BOARD_RPI3, BOARD_RPI4, BOARD_RPI5, BOARD_VIRT, boardKind } from './kind.ts';
export {
  EVENT_INTERRUPT, EVENT_RECEIVE, EVENT_REVOKE, EVENT_SEND, EVENT_WAKE, boardEvent, boardEventAt,
} from './events.ts';
export { boardArgument } from './argument.ts';
export { boardGicVersion } from './interrupt.ts';
export { boardTimerEvery, boardTimerHz } from './timer.ts';
export { boardConsoleByte, boardConsoleFlush } from './console.ts';
export { boardConsoleRead, boardConsoleWait } from './input.ts';
export { boardHalt } from './halt.ts';
export { boardExit } from './exit.ts';
export { TASK_NONE, TASK_NO_CORE, taskCreate, taskYield } from './tasks.ts';
export { taskSelf } from './state.ts';
