/** What the growth counts call: the kernel's surface, and a board to run on. The loops are in harness.c. */
export * from '../../src/board/program.ts';
export { boardExit, boardFreeBase } from '../../src/board/board.ts';
export { regionCreate, regionTableBytes, regionTableCreate } from '../../src/kernel/region.ts';
export { queueAttachReceiver, queueAttachSender, queueBytes, queueCreate, queueReceive, queueSend } from '../../src/kernel/queue.ts';
